// How close the strokes of two parts come to each other; see rows.py in mnist_core/inference.

import type { Points } from "../../drawing/drawing.ts";
import { rowHeight, type Pair, type Part } from "./grouping.ts";

export const TOUCH = 0.02;
const CLOSE = 0.12;
const MOST_POINTS = 2000;

/** Two parts whose strokes almost touch, and their distance by the row's height. */
export interface Gap {
  readonly pair: Pair;
  readonly distance: number;
}

export function gapsOf(parts: readonly Part[], strokes: readonly Points[]): Gap[] {
  const height = rowHeight(parts.map((part) => part.box));
  const reach = CLOSE * height;
  const points = parts.map((part) =>
    part.indices.flatMap((index) => dense(strokes[index], (TOUCH * height) / 2)));
  const gaps: Gap[] = [];
  for (let left = 0; left < parts.length; left++) {
    for (let right = left + 1; right < parts.length; right++) {
      const [first, second] = [parts[left].box, parts[right].box];
      if (second[0] - first[2] >= reach || first[0] - second[2] >= reach) continue;
      const distance = distanceBetween(points[left], points[right]);
      if (distance < reach) gaps.push({ pair: [left, right], distance: distance / height });
    }
  }
  return gaps;
}

/** Points on a stroke that are at most `spacing` apart, as a flat list. */
function dense(stroke: Points, spacing: number): number[] {
  const lengths = [0];
  for (let i = 2; i < stroke.length; i += 2) {
    const step = Math.hypot(stroke[i] - stroke[i - 2], stroke[i + 1] - stroke[i - 1]);
    lengths.push(lengths[lengths.length - 1] + step);
  }
  const whole = lengths[lengths.length - 1];
  const count = Math.min(MOST_POINTS, Math.ceil(whole / spacing));
  const points: number[] = [];
  let segment = 0;
  for (let i = 0; i <= count; i++) {
    const at = count ? (i * whole) / count : 0;
    while (segment < lengths.length - 2 && lengths[segment + 1] <= at) segment++;
    if (lengths.length === 1) {
      points.push(stroke[0], stroke[1]);
      continue;
    }
    const length = lengths[segment + 1] - lengths[segment];
    const share = length ? Math.min(1, (at - lengths[segment]) / length) : 0;
    for (const axis of [0, 1]) {
      const from = stroke[2 * segment + axis];
      points.push(from + share * (stroke[2 * segment + 2 + axis] - from));
    }
  }
  return points;
}

function distanceBetween(one: readonly number[], other: readonly number[]): number {
  let least = Infinity;
  for (let i = 0; i < one.length; i += 2) {
    for (let j = 0; j < other.length; j += 2) {
      const [x, y] = [one[i] - other[j], one[i + 1] - other[j + 1]];
      least = Math.min(least, x * x + y * y);
    }
  }
  return Math.sqrt(least);
}
