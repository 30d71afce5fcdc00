// What the network says about one canvas, as mnist_core/inference/prediction.py.

const CLOSE_MARGIN = 1 / 3;
const DIGIT_THRESHOLD = 0.5;

export type Reason = "blank" | "not a digit" | "several digits";

export interface Scored {
  /** ten; all 0.1 for a blank */
  readonly probabilities: Float32Array;
  /** the most probable digit; null for a blank */
  readonly digit: number | null;
  /** its probability */
  readonly confidence: number;
  /** 28 x 28, in [0, 1] */
  readonly frame: Float32Array;
  readonly blank: boolean;
  /** probability that it is a single digit */
  readonly digitScore: number;
  /** why it is refused; null where that is not known, and for a digit */
  readonly reason: Reason | null;
}

/** Whether it is accepted as a single digit. */
export function isDigit({ blank, digitScore }: Scored): boolean {
  return !blank && isDigitScore(digitScore);
}

export function isDigitScore(score: number): boolean { return score >= DIGIT_THRESHOLD; }

/** The two most probable digits, the most probable first, if they are close; else empty. */
export function closeCall({ probabilities, blank }: Scored): number[] {
  const [first, second] = [...probabilities.keys()]
    .sort((one, other) => probabilities[other] - probabilities[one]);
  const margin = probabilities[first] - probabilities[second];
  return blank || margin >= CLOSE_MARGIN ? [] : [first, second];
}
