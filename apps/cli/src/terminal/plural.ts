import { formatCount } from './duration.ts';

/** A count with its noun: `1 file`, `2 files`, `20,049 records`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;
