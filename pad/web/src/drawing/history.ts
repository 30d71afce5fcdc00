// The undo history of a drawing.

import { EMPTY, type Drawing } from "./drawing.ts";

const MOST_UNDO_STEPS = 200;

export class History {
  #states: Drawing[] = [EMPTY];
  #at = 0;

  get current(): Drawing { return this.#states[this.#at]; }
  get canUndo(): boolean { return this.#at > 0; }
  get canRedo(): boolean { return this.#at < this.#states.length - 1; }

  /** Add a state and make it the current one; undone states are removed. */
  push(drawing: Drawing): void {
    const first = Math.max(0, this.#at + 1 - MOST_UNDO_STEPS);
    this.#states = [...this.#states.slice(first, this.#at + 1), drawing];
    this.#at = this.#states.length - 1;
  }

  /** Replace the current state, for a stroke that is being drawn. */
  replace(drawing: Drawing): void { this.#states[this.#at] = drawing; }

  /** Go back to the state before the current one, which cannot be redone. */
  remove(): void {
    if (!this.canUndo) return;
    this.#states.splice(this.#at, 1);
    this.#at--;
  }

  undo(): void { if (this.canUndo) this.#at--; }
  redo(): void { if (this.canRedo) this.#at++; }
}
