// Dots side by side, as mnist_core/inference/dots.py.

import type { Points } from "../../drawing/drawing.ts";
import { extentOf } from "../ink.ts";

const MOST_DOTS = 5;
const DOT = 0.06;

/** Whether a drawing is of two to five dots and nothing else: no digit. */
export function areDots(strokes: readonly Points[]): boolean {
  if (strokes.length < 2 || strokes.length > MOST_DOTS) return false;
  const whole = extentOf(strokes);
  return whole > 0 && strokes.every((stroke) => extentOf([stroke]) <= DOT * whole);
}
