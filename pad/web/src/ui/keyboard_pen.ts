// Drawing with the arrow keys.

import { CANVAS_SIZE } from "../drawing/drawing.ts";
import type { Pen, PenStroke } from "../drawing/pen.ts";

/** A pen that arrow keys move (with shift in small steps); space puts it down and lifts it. */
export class KeyboardPen {
  readonly #canvas: HTMLElement;
  readonly #cursor: HTMLElement;
  readonly #pen: Pen;
  #position = [CANVAS_SIZE / 2, CANVAS_SIZE / 2];
  #stroke: PenStroke | null = null; // while the pen is down

  /** cursor: shows where the pen is. */
  constructor(canvas: HTMLElement, cursor: HTMLElement, pen: Pen) {
    this.#canvas = canvas;
    this.#cursor = cursor;
    this.#pen = pen;
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
      case " ": return () => { if (!event.repeat) this.#press(); };
      case "Escape": return this.#stroke ? () => this.#lift() : undefined;
      default: return undefined;
    }
  }

  #press(): void {
    if (this.#stroke) {
      this.#end();
    } else {
      this.#stroke = this.#pen.start([...this.#position], false, () => {
        this.#stroke = null;
        this.#show(!this.#cursor.hidden);
      });
    }
    this.#show(true);
  }

  #move(dx: number, dy: number): void {
    const inside = (value: number) => Math.min(CANVAS_SIZE, Math.max(0, value));
    this.#position = [inside(this.#position[0] + dx), inside(this.#position[1] + dy)];
    this.#stroke?.move([...this.#position]);
    this.#show(true);
  }

  #lift(): void {
    this.#end();
    this.#show(false);
  }

  #end(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    stroke?.end();
  }

  #show(visible: boolean): void {
    this.#cursor.hidden = !visible;
    this.#cursor.classList.toggle("down", this.#stroke !== null);
    this.#cursor.style.left = `${(100 * this.#position[0]) / CANVAS_SIZE}%`;
    this.#cursor.style.top = `${(100 * this.#position[1]) / CANVAS_SIZE}%`;
  }
}
