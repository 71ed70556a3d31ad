import type { Threshold } from './sigma-correlation.ts';

const comparisons: Readonly<Record<Threshold['comparison'], (number: number, value: number) => boolean>> = {
  lt: (number, value) => number < value,
  lte: (number, value) => number <= value,
  gt: (number, value) => number > value,
  gte: (number, value) => number >= value,
  eq: (number, value) => number === value,
  neq: (number, value) => number !== value,
};

/** Whether a number passes all thresholds. */
export function passes(number: number, thresholds: readonly Threshold[]): boolean {
  return thresholds.every(({ comparison, value }) => comparisons[comparison](number, value));
}
