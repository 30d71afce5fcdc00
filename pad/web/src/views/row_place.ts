// Where the digits of a row are on the drawing area.

import { CANVAS_SIZE, type Box } from "../drawing/drawing.ts";

/** A box in the drawing's unit -> in canvas units, with a margin. */
export type Place = (box: Box) => Box;

/** Strokes are in canvas units already; their box does not count half of a medium pen. */
export const strokesPlace: Place = (box) => withMargin(box, 10);

/** Where a picture of a size in pixels is painted. */
export function picturePlace([width, height]: readonly [number, number]): Place {
  const fit = CANVAS_SIZE / Math.max(width, height);
  const [x, y] = [(CANVAS_SIZE - width * fit) / 2, (CANVAS_SIZE - height * fit) / 2];
  return ([left, top, right, bottom]) =>
    withMargin([left * fit + x, top * fit + y, right * fit + x, bottom * fit + y], 3);
}

function withMargin([left, top, right, bottom]: Box, margin: number): Box {
  return [left - margin, top - margin, right + margin, bottom + margin];
}
