import type { EventBatch } from '@parapet/event-model';
import { createTupleIndex } from './tuple-index.ts';

/** What follows from some attributes of an event, found once for each combination of their values. */
export interface AttributeLookup<T> {
  /** A number for the row's combination, below `size`. */
  numberOf(row: number): number;
  readonly size: number;
  resultOf(number: number, row: number): T;
}

/**
 * Makes look-ups of `read` over the attributes of a batch; undefined when the batch has none of them. Where it has one
 * only, what was found is kept beside the attribute's dictionary, so that it is found once for all batches of a source.
 * `read` must not depend on anything but these attributes.
 */
export function createAttributeLookups<T extends object | string>(
  paths: readonly string[],
  read: (batch: EventBatch, row: number) => T,
): (batch: EventBatch) => AttributeLookup<T> | undefined {
  const kept = new Map(paths.map((path) => [path, new WeakMap<object, (T | undefined)[]>()]));
  const valuesOf = (path: string, dictionary: object): (T | undefined)[] => {
    const known = kept.get(path)?.get(dictionary) ?? [];
    kept.get(path)?.set(dictionary, known);
    return known;
  };
  return (batch) => {
    const columns = paths.flatMap((path) => {
      const column = batch.attribute(path);
      return column === undefined ? [] : [{ path, column }];
    });
    const [only] = columns;
    if (only === undefined) return undefined;
    const { codes, dictionary } = only.column;
    const isOne = columns.length === 1;
    const values = isOne ? valuesOf(only.path, dictionary) : [];
    const resultOf = (number: number, row: number): T => {
      let value = values[number];
      if (value === undefined) {
        value = read(batch, row);
        values[number] = value;
      }
      return value;
    };
    if (isOne) return { size: dictionary.size, numberOf: (row) => codes[row] ?? 0, resultOf };
    const index = createTupleIndex(columns.map(({ column }) => column.codes));
    return { size: batch.length, numberOf: index.numberOf, resultOf };
  };
}
