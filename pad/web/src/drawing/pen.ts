// What draws: a mouse, a finger, a pen and the arrow keys are pens.

import type { Points } from "./drawing.ts";

export interface Pen {
  /**
   * Put the pen down at points. `interrupted` is called when the stroke ends before the pen is
   * lifted, since the drawing became another one.
   */
  start(points: Points, erasing: boolean, interrupted: () => void): PenStroke;
}

/** A pen that is down. Once the stroke was interrupted, nothing that it does has an effect. */
export interface PenStroke {
  move(points: Points): void;
  end(): void;
}
