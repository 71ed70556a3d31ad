/** Integers that a double cannot hold, and numbers past its range, are their own text. */
export function numberValue(text: string): number | string {
  const value = Number(text);
  const isRounded = !Number.isSafeInteger(value) && /^-?\d+$/.test(text);
  return isRounded || !Number.isFinite(value) ? text : value;
}

/** The text of a number of which `numberValue` makes the same number again. */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? text : value.toExponential();
}
