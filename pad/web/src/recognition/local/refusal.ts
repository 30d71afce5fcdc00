// Why a drawing is refused, as mnist_core/inference/refusal.py.

import { roundEven, SIDE, type Canvas } from "./canvases.ts";
import type { FitInk } from "./imaging.ts";
import type { Classify } from "./model.ts";
import { isDigit, type Scored } from "./prediction.ts";
import { countInkParts, readInkRow } from "./rows.ts";

const TOUCHING_WIDTH = 0.9;
const CUTS = Array.from({ length: 9 }, (_, index) => 0.3 + (index * 0.4) / 8);

/** The prediction with the reason of its refusal, if it is refused. */
export async function explainRefusal(
  prediction: Scored, canvas: Canvas, classify: Classify, fit: FitInk,
): Promise<Scored> {
  if (isDigit(prediction)) return prediction;
  if (prediction.blank) return { ...prediction, reason: "blank" };
  const several = await allPartsAreDigits(canvas, classify, fit)
    || await twoThatTouch(canvas, classify, fit);
  return { ...prediction, reason: several ? "several digits" : "not a digit" };
}

async function allPartsAreDigits(
  canvas: Canvas, classify: Classify, fit: FitInk,
): Promise<boolean> {
  if (countInkParts(canvas) < 2) return false;
  const row = await readInkRow(canvas, classify, fit);
  return row.length > 1 && row.every(({ prediction }) => isDigit(prediction));
}

async function twoThatTouch(canvas: Canvas, classify: Classify, fit: FitInk): Promise<boolean> {
  const [{ centre: [, x], sides: [height, width] }] = await fit([canvas]);
  if (width < TOUCHING_WIDTH * height) return false;
  const halves = CUTS.flatMap((share) => {
    const cut = roundEven(x + (share - 0.5) * width);
    const part = (keep: (column: number) => boolean): Canvas =>
      canvas.map((value, at) => (keep(at % SIDE) ? value : 0));
    return [part((column) => column < cut), part((column) => column >= cut)];
  });
  const fitted = (await fit(halves)).map((half) => half.canvas);
  // one cut after the other: the first that gives two digits is enough
  for (let index = 0; index < fitted.length; index += 2) {
    const [left, right] = await classify(fitted.slice(index, index + 2));
    if (isDigit(left) && isDigit(right)) return true;
  }
  return false;
}
