// The drawing area: shows a drawing, and converts pointer events to positions in canvas units.

import { CANVAS_SIZE, type Drawing, type Points } from "./drawing.ts";
import type { Pen, PenStroke } from "./pen.ts";
import { renderDrawing } from "./render.ts";

const ERASER_BUTTON = 5; // the other end of a pen
const DRAWING_BUTTONS = 1 | 32; // bits of PointerEvent.buttons: the first button, and that end

/** The pointer that draws. */
interface DrawingPointer {
  readonly id: number;
  readonly type: string;
  readonly stroke: PenStroke;
}

export class DrawingCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: Pen;
  #pointer: DrawingPointer | null = null;
  #last: Points | null = null;
  #side = 0; // of the canvas on the screen; to ask for it would compute the layout

  /** onResize is called when the canvas has another size on the screen: it needs painting. */
  constructor(canvas: HTMLCanvasElement, pen: Pen, onResize: () => void) {
    this.#canvas = canvas;
    this.#pen = pen;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      canvas.addEventListener(name, (event) => {
        if (event.pointerId === this.#pointer?.id) this.#lift();
      });
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    // touch-action prevents scrolling, this prevents selecting and zooming on iOS
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    // the paper is somewhere else: what comes is no continuation of the stroke
    window.addEventListener("resize", () => this.#lift());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.#lift(); });
    new ResizeObserver(() => {
      this.#lift();
      this.#side = canvas.clientWidth;
      onResize();
    }).observe(canvas);
  }

  render(drawing: Drawing): void {
    this.#side ||= this.#canvas.clientWidth;
    const side = Math.round(this.#side * (window.devicePixelRatio || 1));
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    renderDrawing(this.#canvas, drawing);
  }

  #down(event: PointerEvent): void {
    if (event.button > 0 && event.button !== ERASER_BUTTON) return;
    if (!event.isPrimary) {
      // a second finger: the first one does not write. Whether it may draw at all is decided by
      // the pointer that came first, so this one does not draw either.
      if (this.#pointer?.type === event.pointerType) this.#lift();
      return;
    }
    // a palm next to the pen, or next to the mouse, does not draw; a pen next to a palm does
    if (this.#pointer && event.pointerType === "touch" && this.#pointer.type !== "touch") return;
    this.#lift();
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    try {
      this.#canvas.setPointerCapture(event.pointerId);
    } catch {
      // the pointer was already released: its stroke is a dot
    }
    this.#last = null;
    const { pointerId: id, pointerType: type } = event;
    const stroke = this.#pen.start(this.#positions([event]), event.button === ERASER_BUTTON, () => {
      if (this.#pointer?.id === id) this.#pointer = null;
    });
    this.#pointer = { id, type, stroke };
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer?.id) return;
    // it was lifted where nobody said so, or while another button is held
    if (!(event.buttons & DRAWING_BUTTONS)) return this.#lift();
    // browsers without it, and pages that are not served over https, have one position an event
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = this.#positions(coalesced.length ? coalesced : [event]);
    if (points.length) this.#pointer.stroke.move(points);
  }

  /** End the stroke; what the pointer still does is ignored. */
  #lift(): void {
    const pointer = this.#pointer;
    this.#pointer = null;
    pointer?.stroke.end();
  }

  /** Positions of events, without repeated ones. */
  #positions(events: readonly PointerEvent[]): Points {
    const box = this.#canvas.getBoundingClientRect();
    const inside = (value: number) => Math.min(CANVAS_SIZE, Math.max(0, value));
    const points: number[] = [];
    for (const event of events) {
      const x = inside(((event.clientX - box.left) / box.width) * CANVAS_SIZE);
      const y = inside(((event.clientY - box.top) / box.height) * CANVAS_SIZE);
      if (this.#last && this.#last[0] === x && this.#last[1] === y) continue;
      this.#last = [x, y];
      points.push(x, y);
    }
    return points;
  }
}
