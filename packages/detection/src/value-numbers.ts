import type { Column, Dictionary, FieldValue } from '@parapet/event-model';

/**
 * Writes down, row by row, what a column's values mean; 0 where there is no value, or no column.
 * @param into room for as many rows; returned
 */
export type ValueNumbers = (column: Column | undefined, length: number, into: Int32Array) => Int32Array;

/** Room for numbers of rows, which holds anything, and is the same at each call. */
export function createRowRoom(): (rows: number) => Int32Array {
  let room = new Int32Array(0);
  return (rows) => {
    if (room.length < rows) room = new Int32Array(2 ** Math.ceil(Math.log2(rows)));
    return room;
  };
}

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
  return (column, length, numbers) => {
    if (column === undefined) return numbers.fill(0, 0, length);
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
