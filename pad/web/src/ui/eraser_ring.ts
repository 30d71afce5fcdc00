// A ring as large as what the eraser removes, where the pointer is. The style sheet shows it while
// the eraser is in use.

import { CANVAS_SIZE } from "../drawing/drawing.ts";

const ERASER_END = 32; // bit of PointerEvent.buttons: the other end of a pen

/** radius() is the eraser's, in canvas units. */
export function bindEraserRing(
  canvas: HTMLElement, ring: HTMLElement, radius: () => number,
): void {
  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    ring.hidden = false;
    ring.classList.toggle("in-use", (event.buttons & ERASER_END) !== 0);
    ring.style.width = `${(200 * radius()) / CANVAS_SIZE}%`;
    ring.style.left = `${(100 * (event.clientX - box.left)) / box.width}%`;
    ring.style.top = `${(100 * (event.clientY - box.top)) / box.height}%`;
  };
  canvas.addEventListener("pointermove", place);
  canvas.addEventListener("pointerdown", place);
  for (const name of ["pointerleave", "pointercancel"] as const) {
    canvas.addEventListener(name, () => { ring.hidden = true; });
  }
}
