// The eraser: a round tip that removes the ink it touches and splits the strokes it crosses.

import type { Drawing, Points, Stroke } from "./drawing.ts";

/**
 * The drawing without the ink that a round eraser touches on its way from a to b; the same object
 * if it touches none.
 */
export function erased(
  drawing: Drawing, ax: number, ay: number, bx: number, by: number, radius: number,
): Drawing {
  const strokes = drawing.strokes.flatMap((stroke) =>
    split(stroke, (x, y) => {
      const t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) /
        Math.max((bx - ax) ** 2 + (by - ay) ** 2, 1e-9);
      const u = Math.min(1, Math.max(0, t));
      const gap = Math.hypot(x - ax - u * (bx - ax), y - ay - u * (by - ay));
      return gap < radius + stroke.width / 2;
    }));
  const isSame = strokes.length === drawing.strokes.length &&
    strokes.every((stroke, i) => stroke === drawing.strokes[i]);
  return isSame ? drawing : { ...drawing, strokes };
}

function split(stroke: Stroke, touched: (x: number, y: number) => boolean): Stroke[] {
  const points = dense(stroke.points);
  const parts: number[][] = [];
  let part: number[] = [];
  let any = false;
  for (let i = 0; i < points.length; i += 2) {
    if (touched(points[i], points[i + 1])) {
      any = true;
      if (part.length) parts.push(part);
      part = [];
    } else {
      part.push(points[i], points[i + 1]);
    }
  }
  if (!any) return [stroke];
  if (part.length) parts.push(part);
  // a part of one point would be drawn as a dot
  return parts.filter((kept) => kept.length > 2).map((kept) => ({ ...stroke, points: kept }));
}

/** Points at most 3 units apart: a fast pen leaves gaps wider than the eraser. */
function dense(points: Points): number[] {
  const out = [points[0], points[1]];
  for (let i = 2; i < points.length; i += 2) {
    const [ax, ay, bx, by] = points.slice(i - 2, i + 2);
    const steps = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / 3));
    for (let s = 1; s <= steps; s++) {
      out.push(ax + ((bx - ax) * s) / steps, ay + ((by - ay) * s) / steps);
    }
  }
  return out;
}
