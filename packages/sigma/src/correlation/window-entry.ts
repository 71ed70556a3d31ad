import type { FieldValue, Scalar } from '../column-batch.ts';
import { lowerCase, numberOf } from '../matcher.ts';
import type { SigmaCorrelation } from './sigma-correlation.ts';

/** What is kept of one match that feeds a correlation. */
export interface WindowEntry {
  /** Milliseconds. */
  readonly time: number;
  /** Index into the correlation's sources. */
  readonly source: number;
  readonly ref: string;
  /** What is counted or added up; empty where the correlation asks for no field. */
  readonly values: readonly (string | number)[];
  /** The events behind it, where the match is one of a correlation. */
  readonly events?: readonly string[];
}

/** Values as rules compare them: texts in lower case, numbers and booleans as their text. */
export const normal = (value: Scalar): string => lowerCase(String(value));

/** What a correlation keeps of the values of its fields; undefined when one of them is absent or cannot be used. */
export function entryValues(
  { type, condition }: SigmaCorrelation,
  values: readonly (FieldValue | undefined)[],
): readonly (string | number)[] | undefined {
  const fields = condition.kind === 'thresholds' ? condition.fields.length : 0;
  if (fields === 0) return [];
  const lists = Array.from({ length: fields }, (_, index) => present(values[index]));
  if (lists.some((list) => list.length === 0)) return undefined;
  const [first = []] = lists;
  const isShare =
    type === 'value_percentile' && condition.kind === 'thresholds' && condition.percentile === undefined;
  if (type === 'value_count' || isShare)
    return fields === 1 ? first.map(normal) : [JSON.stringify(lists.map((list) => list.map(normal)))];
  const numbers = first.map(numberOf).filter((number) => number !== undefined);
  return numbers.length === 0 ? undefined : numbers;
}

function present(value: FieldValue | undefined): readonly Scalar[] {
  if (value === undefined) return [];
  const list: readonly Scalar[] = Array.isArray(value) ? value : [value as Scalar];
  return list.filter((item) => item !== null);
}
