// Numbers as texts.

/** A number with so many decimals, a minus sign in place of a hyphen, and 0 without a sign. */
export function decimal(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}
