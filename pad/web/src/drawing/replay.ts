// Replays strokes in the speed of a pen.

import type { Points } from "./drawing.ts";

const NUMBERS_A_FRAME = 8; // four points

/**
 * Call step(points, isNewStroke) once per animation frame, then end(). Where the user prefers
 * reduced motion, all steps are done at once.
 * @returns a function that stops it
 */
export function replay(
  strokes: readonly Points[],
  step: (points: Points, isNewStroke: boolean) => void,
  end: () => void,
): () => void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const perFrame = still ? Infinity : NUMBERS_A_FRAME;
  let [stroke, at, request] = [0, 0, 0];
  const frame = () => {
    do {
      const points = strokes[stroke].slice(at, at + perFrame);
      step(points, at === 0);
      at += points.length;
      if (at >= strokes[stroke].length) [stroke, at] = [stroke + 1, 0];
    } while (still && stroke < strokes.length);
    if (stroke < strokes.length) request = requestAnimationFrame(frame);
    else end();
  };
  frame();
  return () => cancelAnimationFrame(request);
}
