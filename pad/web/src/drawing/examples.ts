// Example digits as SVG paths: the icons of their buttons, and the strokes that are replayed.

import { CANVAS_SIZE, type Points } from "./drawing.ts";

/** The SVG paths of each digit, on 100 x 100. */
export const EXAMPLES: readonly (readonly string[])[] = [
  ["M50 12C24 12 22 88 50 88C78 88 76 12 50 12"],
  ["M36 34L56 12L52 88"],
  ["M28 32C30 8 72 8 70 34C68 54 40 66 26 86L76 84"],
  ["M30 20C52 4 78 18 66 36C60 46 48 46 44 47C66 46 78 62 68 78C58 92 34 90 26 78"],
  ["M54 12C46 34 34 50 24 60L78 58", "M62 36L58 90"],
  ["M70 14L38 15L34 46C50 36 72 44 70 66C68 88 38 92 28 78"],
  ["M66 12C40 22 26 52 30 72C34 92 66 92 68 70C70 50 42 46 31 66"],
  ["M24 18L74 16C62 40 50 64 46 90", "M36 54L66 52"],
  ["M66 24C56 8 32 14 36 32C40 48 68 54 68 72C68 92 32 92 34 72C36 54 66 46 66 24"],
  ["M68 32C64 10 34 12 32 34C32 56 62 54 68 34C70 50 66 72 60 90"],
];

/** Strokes of an example in canvas units, a point every 1.5 units of the path's 100. */
export function exampleStrokes(digit: number): Points[] {
  return EXAMPLES[digit].map((d) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    const length = path.getTotalLength();
    const count = Math.ceil(length / 1.5);
    const points: number[] = [];
    for (let i = 0; i <= count; i++) {
      const { x, y } = path.getPointAtLength((length * i) / count);
      points.push((x / 100) * CANVAS_SIZE, (y / 100) * CANVAS_SIZE);
    }
    return points;
  });
}
