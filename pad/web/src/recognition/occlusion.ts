// Occlusion (Zeiler and Fergus 2013): what is predicted when a part of the drawing is left out.

import { erased } from "../drawing/eraser.ts";
import type { Drawing, Stroke } from "../drawing/drawing.ts";
import { inkStrokes, type InkFormat } from "./ink.ts";

/** A place on the ink, and the stroke that it is on. */
export interface InkPlace {
  readonly x: number;
  readonly y: number;
  readonly stroke: number;
}

const MOST_PLACES = 90;
const CLIP = 1e-5; // probabilities are this far from 0 and 1: their log-odds are finite

/** Places along the strokes, a fixed length apart. */
export function inkPlaces(strokes: readonly Stroke[], spacing = 7): InkPlace[] {
  const places = strokes.flatMap(({ points }, stroke) =>
    along(points, spacing).map(([x, y]) => ({ x, y, stroke })));
  return places.length <= MOST_PLACES
    ? places : inkPlaces(strokes, spacing * Math.max(1.1, places.length / MOST_PLACES));
}

/** The strokes without the ink around a place. */
export function withoutPlace(strokes: readonly Stroke[], { x, y }: InkPlace, radius: number): Stroke[] {
  const drawing: Drawing = { strokes, picture: null };
  return [...erased(drawing, x, y, x, y, radius).strokes];
}

/** The ink canvas of strokes, blank where nothing is left of them. */
export function canvasOf(strokes: readonly Stroke[], ink: InkFormat): Uint8Array {
  return inkStrokes(strokes.map(({ points }) => points), ink) ?? new Uint8Array(ink.size * ink.size);
}

/** How much a probability falls when something is left out, in log-odds; negative: it rises. */
export function evidence(before: number, after: number): number {
  return logOdds(before) - logOdds(after);
}

export function logOdds(probability: number): number {
  const inside = Math.min(1 - CLIP, Math.max(CLIP, probability));
  return Math.log(inside / (1 - inside));
}

/** Points along a line of points, the first and the last one included. */
function along(points: readonly number[], spacing: number): [number, number][] {
  const found: [number, number][] = [[points[0], points[1]]];
  let walked = 0; // since the last point that was found
  for (let i = 2; i < points.length; i += 2) {
    const [ax, ay, bx, by] = points.slice(i - 2, i + 2);
    const length = Math.hypot(bx - ax, by - ay);
    let at = spacing - walked;
    for (; at <= length; at += spacing) {
      const share = at / length;
      found.push([ax + share * (bx - ax), ay + share * (by - ay)]);
    }
    walked = length - (at - spacing);
  }
  if (walked > 1) found.push([points[points.length - 2], points[points.length - 1]]);
  return found;
}
