// Dots side by side, as mnist_core/inference/dots.py.

import type { Points } from "../../drawing/drawing.ts";
import { extentOf, strokesBox } from "../ink.ts";

const MOST_DOTS = 5;
const DOT = 0.06;
const APART = 5;

/** Whether a drawing is of two or more dots and nothing else. */
export function areDots(strokes: readonly Points[]): boolean {
  if (strokes.length < 2) return false;
  const whole = extentOf(strokes);
  const largest = Math.max(...strokes.map((stroke) => extentOf([stroke])));
  if (whole === 0 || largest > DOT * whole) return false;
  const centres = strokes.map((stroke) => strokesBox([stroke])!).map(
    ({ left, right, top, bottom }) => [(left + right) / 2, (top + bottom) / 2],
  );
  const nearest = centres.map(([x, y], own) => Math.min(...centres
    .filter((_, other) => other !== own).map(([u, v]) => Math.hypot(u - x, v - y))));
  return median(nearest) >= APART * largest;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Whether a drawing is of two to five dots: of more, a digit is made. */
export function areFewDots(strokes: readonly Points[]): boolean {
  return strokes.length <= MOST_DOTS && areDots(strokes);
}
