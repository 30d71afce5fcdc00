// Drawings for the tests.

import type { Drawing } from "../src/drawing/drawing.ts";

/** A drawing of strokes, each a flat list of positions. */
export function drawingOf(...strokes: number[][]): Drawing {
  return { strokes: strokes.map((points) => ({ points, width: 16 })), picture: null };
}

/** A drawing that is a picture. */
export const PICTURE: Drawing = { strokes: [], picture: { base64: "AAAA", bitmap: null, background: null } };
