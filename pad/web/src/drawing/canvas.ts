// The drawing area: shows a drawing, and converts pointer events to positions in canvas units.

import { CANVAS_SIZE, type Drawing, type Points } from "./drawing.ts";
import { renderDrawing } from "./render.ts";

/** What a pen does; a mouse, a finger and the arrow keys are pens. */
export interface PenEvents {
  start(points: Points, erasing: boolean): void;
  move(points: Points): void;
  end(): void;
}

const ERASER_BUTTON = 5; // the other end of a pen

export class DrawingCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #on: PenEvents;
  #pointer: number | null = null;
  #last: Points | null = null;

  /** onResize is called when the canvas has another size on the screen: it needs painting. */
  constructor(canvas: HTMLCanvasElement, on: PenEvents, onResize: () => void) {
    this.#canvas = canvas;
    this.#on = on;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event));
    canvas.addEventListener("lostpointercapture", (event) => this.#up(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    // touch-action prevents scrolling, this prevents selecting and zooming on iOS
    canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    new ResizeObserver(() => onResize()).observe(canvas);
  }

  render(drawing: Drawing): void {
    const side = Math.round(this.#canvas.clientWidth * (window.devicePixelRatio || 1));
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    renderDrawing(this.#canvas, drawing);
  }

  #down(event: PointerEvent): void {
    // a second finger, or a palm next to the pen, does not draw
    if (this.#pointer !== null || (event.button > 0 && event.button !== ERASER_BUTTON)) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#pointer = event.pointerId;
    try {
      this.#canvas.setPointerCapture(event.pointerId);
    } catch {
      // the pointer was already released: its stroke is a dot
    }
    this.#last = null;
    this.#on.start(this.#positions([event]), event.button === ERASER_BUTTON);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    // browsers without it, and pages that are not served over https, have one position an event
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = this.#positions(coalesced.length ? coalesced : [event]);
    if (points.length) this.#on.move(points);
  }

  #up(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.#on.end();
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
