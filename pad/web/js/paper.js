// The paper on screen: draws a drawing, and turns pointers into positions in paper units.

class Paper {
  #canvas;
  #pointer = null;
  #last = null;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{start: Function, move: Function, end: Function, resize: Function}} on
   *     start(points, erasing), move(points), end(); points are flat lists in paper units
   */
  constructor(canvas, on) {
    this.#canvas = canvas;
    this.on = on;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event));
    canvas.addEventListener("lostpointercapture", (event) => this.#up(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    // touch-action stops the page from scrolling, this stops iOS from selecting and zooming
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    new ResizeObserver(() => on.resize()).observe(canvas);
  }

  #down(event) {
    // a second finger, or a palm beside the pen, does not draw
    if (this.#pointer !== null || event.button > 0 && event.button !== 5) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#pointer = event.pointerId;
    try {
      this.#canvas.setPointerCapture(event.pointerId);
    } catch {
      // a pointer that is gone already has no capture; its stroke is a dot
    }
    this.#last = null;
    this.on.start(this.#positions([event]), event.button === 5);
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = this.#positions(coalesced.length ? coalesced : [event]);
    if (points.length) this.on.move(points);
  }

  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.on.end();
  }

  /** Positions that differ from the one before. */
  #positions(events) {
    const box = this.#canvas.getBoundingClientRect();
    const inside = (value) => Math.min(PAPER, Math.max(0, value));
    const points = [];
    for (const event of events) {
      const x = inside(((event.clientX - box.left) / box.width) * PAPER);
      const y = inside(((event.clientY - box.top) / box.height) * PAPER);
      if (this.#last && this.#last[0] === x && this.#last[1] === y) continue;
      this.#last = [x, y];
      points.push(x, y);
    }
    return points;
  }

  render(drawing) {
    const side = Math.round(this.#canvas.clientWidth * (window.devicePixelRatio || 1));
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    renderDrawing(this.#canvas, drawing);
  }
}

/** Draw a drawing over the whole of a canvas, in the canvas' own CSS colour. */
function renderDrawing(canvas, drawing) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / PAPER;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const bitmap = drawing.picture?.bitmap;
  if (bitmap) {
    const fit = PAPER / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * fit, bitmap.height * fit];
    context.drawImage(bitmap, (PAPER - width) / 2, (PAPER - height) / 2, width, height);
  }
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const { points, width } of drawing.strokes) {
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0], points[1]);
    // a line of no length is a round dot
    if (points.length === 2) context.lineTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
    context.stroke();
  }
}
