// Grouping of the parts of a row into digits, as mnist_core/inference/grouping.py, where the method
// and its constants are explained. tests/pad/test_browser_recognition.py compares the two.

import type { Box } from "../../drawing/drawing.ts";

const MAX_PARTS = 5;
const MAX_ROW_PARTS = 60;
const MERGE_OVERLAP = 0.6;
const GAP_COST = 3;
const OVERLAP_COST = 5;
const DIGIT_COST = 0.3;
const WIDE_COST = 1;
const TOUCH_COST = 20;
const NARROWEST = 0.1;

/** Things that belong together: their indices in the drawing, and their box. */
export interface Part {
  readonly indices: readonly number[];
  readonly box: Box;
}

/** The parts from first to end, without end. */
export interface Run {
  readonly first: number;
  readonly end: number;
}

export type Pair = readonly [number, number];

export const widthOf = ([left, , right]: Box): number => right - left;
export const heightOf = ([, top, , bottom]: Box): number => bottom - top;

export function unionOf(boxes: readonly Box[]): Box {
  return [
    Math.min(...boxes.map((box) => box[0])),
    Math.min(...boxes.map((box) => box[1])),
    Math.max(...boxes.map((box) => box[2])),
    Math.max(...boxes.map((box) => box[3])),
  ];
}

function joinedPart(parts: readonly Part[]): Part {
  return {
    indices: parts.flatMap((part) => part.indices).sort((one, other) => one - other),
    box: unionOf(parts.map((part) => part.box)),
  };
}

/** The parts of a row from left to right; boxes that overlap horizontally are merged. */
export function rowParts(boxes: readonly Box[]): Part[] {
  let parts: Part[] = boxes.map((box, index) => ({ indices: [index], box }));
  const narrowest = NARROWEST * rowHeight(boxes);
  for (let count = -1; count !== parts.length;) {
    count = parts.length;
    parts = mergeOverlapping(parts, narrowest);
  }
  parts.sort((one, other) => (one.box[0] + one.box[2]) - (other.box[0] + other.box[2]));
  while (parts.length > MAX_ROW_PARTS) {
    const gaps = parts.slice(1).map((part, index) => gapBetween(parts[index].box, part.box));
    const at = gaps.indexOf(Math.min(...gaps));
    parts.splice(at, 2, joinedPart(parts.slice(at, at + 2)));
  }
  return parts;
}

function mergeOverlapping(parts: readonly Part[], narrowest: number): Part[] {
  const merged: Part[] = [];
  for (const part of [...parts].sort((one, other) => one.box[0] - other.box[0])) {
    const index = merged.findIndex((other) =>
      overlapShare(other.box, part.box, narrowest) >= MERGE_OVERLAP);
    if (index < 0) merged.push(part);
    else merged[index] = joinedPart([merged[index], part]);
  }
  return merged;
}

function overlapShare(one: Box, other: Box, narrowest: number): number {
  const [first, second] = [widened(one, narrowest), widened(other, narrowest)];
  return -gapBetween(first, second) / Math.min(widthOf(first), widthOf(second));
}

function widened([left, top, right, bottom]: Box, narrowest: number): Box {
  const missing = Math.max(0, narrowest - (right - left)) / 2;
  return [left - missing, top, right + missing, bottom];
}

function gapBetween(left: Box, right: Box): number {
  return Math.max(left[0], right[0]) - Math.min(left[2], right[2]);
}

/** The height of the tallest box, or the width of the widest where all are flat. */
export function rowHeight(boxes: readonly Box[]): number {
  const tallest = Math.max(0, ...boxes.map(heightOf));
  const widest = Math.max(0, ...boxes.map(widthOf));
  return Math.max(tallest, 0.2 * widest, 1e-9);
}

/** The runs of parts that may be a digit; the whole row is one of them. */
export function candidates(count: number): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < count; first++) {
    for (let end = first + 1; end <= Math.min(first + MAX_PARTS, count); end++) {
      runs.push({ first, end });
    }
  }
  if (count > MAX_PARTS) runs.push({ first: 0, end: count });
  return runs;
}

/**
 * The runs into which a row is cut, from left to right, as indices into `runs`.
 * @param qualities of each run, the probability that it is one digit
 * @param touching parts that touch each other, the left one first
 */
export function bestRuns(
  parts: readonly Part[], runs: readonly Run[], qualities: readonly number[],
  touching: readonly Pair[],
): number[] {
  const height = rowHeight(parts.map((part) => part.box));
  const boxOf = (first: number, end: number): Box =>
    unionOf(parts.slice(first, end).map((part) => part.box));
  const best = [{ cost: 0, run: -1 },
    ...parts.map(() => ({ cost: Infinity, run: -1 }))];
  const order = [...runs.keys()].sort((one, other) => runs[one].end - runs[other].end);
  for (const index of order) {
    const { first, end } = runs[index];
    const box = boxOf(first, end);
    let cost = best[first].cost + DIGIT_COST - Math.log(qualities[index]);
    cost += gapCost(parts, first, end, height);
    if (end - first > 1) cost += WIDE_COST * Math.max(0, widthOf(box) - heightOf(box)) / height;
    if (first) {
      cost += OVERLAP_COST * Math.max(0, -gapBetween(boxOf(0, first), box)) / height;
      if (touching.some(([i, j]) => i < first && first <= j && j < end)) cost += TOUCH_COST;
    }
    const known = best[end];
    const earlier = cost === known.cost && known.run >= 0 && first < runs[known.run].first;
    if (cost < known.cost || earlier) best[end] = { cost, run: index };
  }
  const chosen: number[] = [];
  for (let end = parts.length; end;) {
    chosen.unshift(best[end].run);
    end = runs[best[end].run].first;
  }
  return chosen;
}

function gapCost(parts: readonly Part[], first: number, end: number, height: number): number {
  let gaps = 0;
  let right = parts[first].box[2];
  for (const { box } of parts.slice(first + 1, end)) {
    gaps += Math.max(0, box[0] - right);
    right = Math.max(right, box[2]);
  }
  return (GAP_COST * gaps) / height;
}

/** The parts of a run as one part. */
export function runPart(parts: readonly Part[], { first, end }: Run): Part {
  return joinedPart(parts.slice(first, end));
}
