// The drawing area: shows a drawing, and converts pointer events to positions in canvas units.

class DrawingCanvas {
  #canvas;
  #pointer = null;
  #last = null;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{start: Function, move: Function, end: Function, resize: Function}} on
   *     start(points, erasing), move(points), end(); points are flat lists in canvas units
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
    // touch-action prevents scrolling, this prevents selecting and zooming on iOS
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    new ResizeObserver(() => on.resize()).observe(canvas);
  }

  #down(event) {
    // a second finger, or a palm next to the pen, does not draw
    if (this.#pointer !== null || event.button > 0 && event.button !== 5) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#pointer = event.pointerId;
    try {
      this.#canvas.setPointerCapture(event.pointerId);
    } catch {
      // the pointer was already released: its stroke is a dot
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

  /** Positions of events, without repeated ones. */
  #positions(events) {
    const box = this.#canvas.getBoundingClientRect();
    const inside = (value) => Math.min(CANVAS_SIZE, Math.max(0, value));
    const points = [];
    for (const event of events) {
      const x = inside(((event.clientX - box.left) / box.width) * CANVAS_SIZE);
      const y = inside(((event.clientY - box.top) / box.height) * CANVAS_SIZE);
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

/** Paint a drawing on a whole canvas, in the canvas' CSS colour. */
function renderDrawing(canvas, drawing) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / CANVAS_SIZE;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const bitmap = drawing.picture?.bitmap;
  if (bitmap) {
    const fit = CANVAS_SIZE / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * fit, bitmap.height * fit];
    context.drawImage(bitmap, (CANVAS_SIZE - width) / 2, (CANVAS_SIZE - height) / 2, width, height);
  }
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const { points, width } of drawing.strokes) {
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0], points[1]);
    // a line of length 0 with round caps is a dot
    if (points.length === 2) context.lineTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
    context.stroke();
  }
}
