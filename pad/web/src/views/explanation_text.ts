// Attribution towards a digit in words: the piece that matters most.

import { CLEAR } from "../recognition/counterfactual.ts";
import type { Probabilities } from "../recognition/recognizer.ts";
import { isNegligible, percentage } from "./probability.ts";

const NEXT_TO_NOTHING = 0.005;

type Words = [key: string, values: Record<string, string | number>];

/**
 * Key and values of the text.
 * @param before of the drawing
 * @param after of the drawing without a piece, for each piece
 * @param isDigit whether the drawing is accepted as a digit
 */
export function attributionText(
  digit: number, before: Probabilities, after: readonly Probabilities[], isDigit: boolean,
): Words {
  const of = after.map((one) => one[digit]);
  const [low, high] = [Math.min(...of), Math.max(...of)];
  const values = {
    digit, percent: percentage(before[digit]), lowest: percentage(low), highest: percentage(high),
  };
  if (isNegligible(before[digit]) && high < NEXT_TO_NOTHING) return ["attribution_none", values];
  if (!isDigit) return ["attribution_refused", values];
  if (digit !== mostProbable(before)) {
    return [high > before[digit] ? "attribution_against" : "attribution_low", values];
  }
  const without = after[of.indexOf(low)];
  const other = mostProbable(without);
  if (other === digit) return ["attribution_stays", values];
  return without[other] > CLEAR
    ? ["attribution_decides", { digit, other, percent: percentage(without[other]) }]
    : ["attribution_low", values];
}

function mostProbable(probabilities: Probabilities): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
