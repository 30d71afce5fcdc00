// Ink canvases: 56 x 56 floats in [0, 1], ink light on dark, row by row.

export const SIDE = 56;
export const PIXELS = SIDE * SIDE;

export type Canvas = Float32Array;

export function canvasOf(greys: Uint8Array): Canvas {
  return new Float32Array(greys).map((grey) => grey / 255);
}

/** A canvas' 256 grey levels, as strokes are drawn with. */
export function greyLevels(canvas: Canvas): Uint8Array {
  // out of range, bytes would wrap around
  return new Uint8Array(canvas.map((ink) => Math.min(255, Math.max(0, roundEven(255 * ink)))));
}

/** One array of many: a batch. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A batch's entries, each of the given length. */
export function split(batch: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: batch.length / length },
    (_, index) => batch.slice(index * length, (index + 1) * length));
}

/** Round to the nearest integer, halves to even ones, as Python and numpy do. */
export function roundEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
