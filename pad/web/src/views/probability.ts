// Probabilities as texts that claim no more than the network can know.

const LIMIT = 0.0005; // what one decimal would round to 0.0% or 100.0%

/** A percentage with one decimal; ">99.9%" for what would be rounded to 100.0%. */
export function percentage(value: number): string {
  if (value >= 1 - LIMIT) return ">99.9%";
  return value < LIMIT ? "<0.1%" : `${(100 * value).toFixed(1)}%`;
}

/** Whether a bar's percentage says nothing but that the digit is out of the question. */
export function isNegligible(value: number): boolean { return value < LIMIT; }
