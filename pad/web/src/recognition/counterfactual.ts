// Small changes of a drawing that make it another digit: a line more, or a piece less.

import type { Stroke } from "../drawing/drawing.ts";
import type { InkPlace } from "./occlusion.ts";
import { inkPlaces, withoutPlace } from "./occlusion.ts";
import type { CanvasAnswer } from "./recognizer.ts";

export type Change =
  | { readonly kind: "add"; readonly stroke: Stroke }
  | { readonly kind: "remove"; readonly place: InkPlace };

export interface Found {
  readonly strokes: readonly Stroke[];
  readonly changes: readonly Change[];
  /** that it is a single digit, and this one */
  readonly probability: number;
  /** the drawing is now read as the digit: more probable than all others and no digit together */
  readonly isReached: boolean;
}

/** What the network says about drawings; undefined where there is no answer, or it is no longer wanted. */
export type Classify = (drawings: readonly (readonly Stroke[])[]) => Promise<
  readonly CanvasAnswer[] | undefined>;

/** A most probable digit of less is a guess among several. */
export const CLEAR = 0.5;
export const REMOVED_RADIUS = 16;
const MOST_STEPS = 3;
const MOST_ADDITIONS = 130;
const MOST_REMOVALS = 30;
const SHORTEST_LINE = 24;

/** Search for changes with which a drawing is read as the digit, one change after the other. */
export async function counterfactual(
  strokes: readonly Stroke[], digit: number, classify: Classify,
): Promise<Found | undefined> {
  let best: Found = { strokes, changes: [], probability: 0, isReached: false };
  for (let step = 0; step < MOST_STEPS && !best.isReached; step++) {
    const changes = possibleChanges(best.strokes);
    const changed = changes.map((change) => apply(best.strokes, change));
    const answers = await classify(changed);
    if (!answers) return undefined;
    const found = answers.map(({ probabilities, digitScore }) => digitScore * probabilities[digit]);
    const probability = Math.max(...found);
    const index = found.indexOf(probability);
    if (probability <= best.probability) break;
    best = {
      strokes: changed[index],
      changes: [...best.changes, changes[index]],
      probability,
      isReached: probability > CLEAR,
    };
  }
  return best;
}

/** Lines between ends of strokes and places on them or around them; pieces of strokes. */
export function possibleChanges(strokes: readonly Stroke[]): Change[] {
  const width = strokes[0]?.width ?? 16;
  const ends = strokes.flatMap(({ points }) => [points.slice(0, 2), points.slice(-2)]);
  const targets = [...ends, ...inkPlaces(strokes, 40).map(({ x, y }) => [x, y]), ...around(strokes)];
  const lines: Change[] = [];
  targets.forEach((from, i) => targets.slice(i + 1).forEach((to) => {
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < SHORTEST_LINE) return;
    lines.push({ kind: "add", stroke: { points: [...from, ...to], width } });
  }));
  const removals = inkPlaces(strokes, 14).map((place): Change => ({ kind: "remove", place }));
  return [...spread(lines, MOST_ADDITIONS), ...spread(removals, MOST_REMOVALS)];
}

export function apply(strokes: readonly Stroke[], change: Change): readonly Stroke[] {
  return change.kind === "add"
    ? [...strokes, change.stroke] : withoutPlace(strokes, change.place, REMOVED_RADIUS);
}

/** Corners, sides and middle of the drawing's box, which is at least half as wide as it is high. */
function around(strokes: readonly Stroke[]): number[][] {
  const xs = strokes.flatMap(({ points }) => points.filter((_, i) => i % 2 === 0));
  const ys = strokes.flatMap(({ points }) => points.filter((_, i) => i % 2 === 1));
  const [left, right, top, bottom] = [
    xs.reduce((a, b) => Math.min(a, b), Infinity), xs.reduce((a, b) => Math.max(a, b), -Infinity),
    ys.reduce((a, b) => Math.min(a, b), Infinity), ys.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const half = Math.max(right - left, 0.5 * (bottom - top)) / 2;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return [x - half, x, x + half].flatMap((column) => [top, y, bottom].map((row) => [column, row]));
}

/** At most so many of a list, spread over it. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]);
}
