// Drawing with the arrow keys.

import type { PenEvents } from "../drawing/canvas.ts";
import { CANVAS_SIZE } from "../drawing/drawing.ts";

/** A pen that arrow keys move (with shift in small steps); space puts it down and lifts it. */
export class KeyboardPen {
  readonly #canvas: HTMLElement;
  readonly #cursor: HTMLElement;
  readonly #on: PenEvents;
  #position = [CANVAS_SIZE / 2, CANVAS_SIZE / 2];
  #down = false;

  /** cursor: shows where the pen is. */
  constructor(canvas: HTMLElement, cursor: HTMLElement, on: PenEvents) {
    this.#canvas = canvas;
    this.#cursor = cursor;
    this.#on = on;
    canvas.addEventListener("blur", () => this.#lift());
    canvas.addEventListener("pointerdown", () => this.#lift(), { capture: true });
  }

  /** The action of a key while the canvas has the focus; undefined for other keys. */
  action(event: KeyboardEvent): (() => void) | undefined {
    if (event.target !== this.#canvas) return undefined;
    const step = event.shiftKey ? 2 : 10;
    switch (event.key) {
      case "ArrowLeft": return () => this.#move(-step, 0);
      case "ArrowRight": return () => this.#move(step, 0);
      case "ArrowUp": return () => this.#move(0, -step);
      case "ArrowDown": return () => this.#move(0, step);
      case " ": return () => this.#press();
      case "Escape": return this.#down ? () => this.#lift() : undefined;
      default: return undefined;
    }
  }

  #press(): void {
    this.#down = !this.#down;
    if (this.#down) this.#on.start([...this.#position], false);
    else this.#on.end();
    this.#show(true);
  }

  #move(dx: number, dy: number): void {
    const inside = (value: number) => Math.min(CANVAS_SIZE, Math.max(0, value));
    this.#position = [inside(this.#position[0] + dx), inside(this.#position[1] + dy)];
    if (this.#down) this.#on.move([...this.#position]);
    this.#show(true);
  }

  #lift(): void {
    if (this.#down) this.#on.end();
    this.#down = false;
    this.#show(false);
  }

  #show(visible: boolean): void {
    this.#cursor.hidden = !visible;
    this.#cursor.classList.toggle("down", this.#down);
    this.#cursor.style.left = `${(100 * this.#position[0]) / CANVAS_SIZE}%`;
    this.#cursor.style.top = `${(100 * this.#position[1]) / CANVAS_SIZE}%`;
  }
}
