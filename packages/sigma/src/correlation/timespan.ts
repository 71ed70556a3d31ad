const units: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  // Mean lengths of the Gregorian calendar, as the reference implementation has them.
  M: 2_629_746_000,
  y: 31_556_952_000,
};

const maxTimespan = 10 * 31_556_952_000;

/** Milliseconds of a timespan such as `90m` (s, m, h, d, w, M for months, y), or undefined when it is none or above ten years. */
export function parseTimespan(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})([smhdwMy])$/u.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (unit === undefined) return undefined;
  const timespan = Number(match?.[1]) * unit;
  return timespan <= maxTimespan ? timespan : undefined;
}
