// Strokes -> the ink canvas for the network, as in mnist_core/imaging/rasterize.py: a pixel's ink is
// the share of it that a round pen covers. The two implementations agree to one grey level.

import type { Points } from "../drawing/drawing.ts";

/** In pixels of the ink canvas. */
export interface InkFormat {
  /** side of the canvas */
  readonly size: number;
  /** longest side of the drawing with its pen */
  readonly box: number;
  /** diameter of the pen */
  readonly pen: number;
}

/**
 * @param strokes in any unit, y downwards
 * @returns size x size greys, ink light on dark; null for a drawing without extent
 */
export function inkStrokes(strokes: readonly Points[], ink: InkFormat): Uint8Array | null {
  const box = strokesBox(strokes);
  const extent = extentOf(strokes);
  if (!box || extent === 0) return null;
  const scale = (ink.box - ink.pen) / extent;
  const x0 = (box.left + box.right) / 2;
  const y0 = (box.top + box.bottom) / 2;
  const coverage = new Float64Array(ink.size * ink.size);
  for (const stroke of strokes) {
    let ax = (stroke[0] - x0) * scale + ink.size / 2;
    let ay = (stroke[1] - y0) * scale + ink.size / 2;
    if (stroke.length === 2) inkSegment(coverage, ink, ax, ay, ax, ay);
    for (let i = 2; i < stroke.length; i += 2) {
      const bx = (stroke[i] - x0) * scale + ink.size / 2;
      const by = (stroke[i + 1] - y0) * scale + ink.size / 2;
      inkSegment(coverage, ink, ax, ay, bx, by);
      ax = bx;
      ay = by;
    }
  }
  return new Uint8Array(coverage.map((value) => Math.floor(255 * value + 0.5)));
}

function inkSegment(
  coverage: Float64Array, ink: InkFormat, ax: number, ay: number, bx: number, by: number,
): void {
  const reach = ink.pen / 2 + 0.5;
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach - 0.5));
  const right = Math.min(ink.size - 1, Math.ceil(Math.max(ax, bx) + reach - 0.5));
  const top = Math.max(0, Math.floor(Math.min(ay, by) - reach - 0.5));
  const bottom = Math.min(ink.size - 1, Math.ceil(Math.max(ay, by) + reach - 0.5));
  const dx = bx - ax;
  const dy = by - ay;
  const length = Math.max(dx * dx + dy * dy, 1e-12);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - ax;
      const py = row + 0.5 - ay;
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const covered = Math.min(1, reach - Math.hypot(px - t * dx, py - t * dy));
      const at = row * ink.size + column;
      if (covered > coverage[at]) coverage[at] = covered;
    }
  }
}

/** The longest side of the box around the positions; 0 where there are none. */
export function extentOf(strokes: readonly Points[]): number {
  const box = strokesBox(strokes);
  return box ? Math.max(box.right - box.left, box.bottom - box.top) : 0;
}

export interface Bounds { left: number; right: number; top: number; bottom: number }

/** The box around all positions; null where there are none. */
export function strokesBox(strokes: readonly Points[]): Bounds | null {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i += 2) {
      box.left = Math.min(box.left, stroke[i]);
      box.right = Math.max(box.right, stroke[i]);
      box.top = Math.min(box.top, stroke[i + 1]);
      box.bottom = Math.max(box.bottom, stroke[i + 1]);
    }
  }
  return box.left <= box.right ? box : null;
}
