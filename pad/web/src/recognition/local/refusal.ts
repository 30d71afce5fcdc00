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
  const digits = await separateDigits(canvas, classify, fit);
  if (digits.length) return { ...prediction, ...meanOf(digits), reason: "several digits" };
  const several = await twoThatTouch(canvas, classify, fit);
  return { ...prediction, reason: several ? "several digits" : "not a digit" };
}

function meanOf(digits: readonly Scored[]): Pick<Scored, "probabilities" | "digit" | "confidence"> {
  const probabilities = digits[0].probabilities.map(
    (_, at) => digits.reduce((sum, digit) => sum + digit.probabilities[at], 0) / digits.length,
  );
  const confidence = Math.max(...probabilities);
  return { probabilities, confidence, digit: probabilities.indexOf(confidence) };
}

/** The predictions of a drawing's parts if there are several, and all are digits. */
async function separateDigits(
  canvas: Canvas, classify: Classify, fit: FitInk,
): Promise<Scored[]> {
  if (countInkParts(canvas) < 2) return [];
  const row = (await readInkRow(canvas, classify, fit)).map(({ prediction }) => prediction);
  return row.length > 1 && row.every(isDigit) ? row : [];
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
