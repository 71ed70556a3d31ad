import type { Column, Dictionary, FieldValue } from '@parapet/event-model';

/** Writes down, row by row, what a column's values mean; 0 where there is no value, or no column. */
export type ValueNumbers = (column: Column | undefined, length: number) => Int32Array;

/**
 * Makes a reader of values as numbers from 0. What `read` says of a value is kept beside the value's dictionary and goes with it,
 * so that a row costs a look-up by code; a code is read when a row has it, since a dictionary may hold many that never come again.
 */
export function createValueNumbers(read: (value: FieldValue) => number): ValueNumbers {
  /** By code: one more than its number, 0 for not read yet. */
  const kept = new WeakMap<Dictionary, Int32Array>();
  const keptOf = ({ dictionary }: Column): Int32Array => {
    let known = kept.get(dictionary);
    if (known === undefined || known.length < dictionary.size) {
      // Those of spans are of one batch alone and never grow.
      const grown = new Int32Array(
        known === undefined ? dictionary.size : Math.max(dictionary.size, 2 * known.length),
      );
      if (known !== undefined) grown.set(known);
      // Code 0 is "absent".
      grown[0] = 1;
      known = grown;
      kept.set(dictionary, known);
    }
    return known;
  };
  return (column, length) => {
    const numbers = new Int32Array(length);
    if (column === undefined) return numbers;
    const { codes, dictionary } = column;
    const known = keptOf(column);
    for (let row = 0; row < length; row += 1) {
      const code = codes[row] as number;
      let found = known[code] as number;
      if (found === 0) {
        found = read(dictionary.valueOf(code)) + 1;
        known[code] = found;
      }
      numbers[row] = found - 1;
    }
    return numbers;
  };
}
