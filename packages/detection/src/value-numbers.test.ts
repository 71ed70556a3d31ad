import type { Dictionary } from '@parapet/event-model';
import { expect, test } from 'vitest';
import { createRowRoom, createValueNumbers } from './value-numbers.ts';

const aDictionary = (values: string[]): Dictionary => ({
  get size() {
    return values.length + 1;
  },
  valueOf: (code) => values[code - 1] ?? null,
  copyAscii: () => -1,
});
/** What was written before does not count. */
const anything = (rows: number) => new Int32Array(rows).fill(99);
const codes = (...list: number[]) => Uint32Array.from(list);

test('a value is read once, when a row has it, for all batches and all attributes of its dictionary', () => {
  const read: unknown[] = [];
  const numbersOf = createValueNumbers((value) => {
    read.push(value);
    return String(value).length;
  });
  const values = ['a', 'bb', 'unused'];
  const dictionary = aDictionary(values);
  expect([...numbersOf({ dictionary, codes: codes(1, 0, 2, 1) }, 4, anything(4))]).toEqual([1, 0, 2, 1]);
  // The dictionary grew, past twice its size.
  for (let more = 0; more < 20; more += 1) values.push('x'.repeat(more));
  expect([...numbersOf({ dictionary, codes: codes(2, 23, 4) }, 3, anything(3))]).toEqual([2, 19, 0]);
  expect([...numbersOf({ dictionary, codes: codes(1, 23) }, 2, anything(2))]).toEqual([1, 19]);
  expect(read).toEqual(['a', 'bb', 'x'.repeat(19), '']);
});

test('the codes of another dictionary mean something else', () => {
  const numbersOf = createValueNumbers((value) => String(value).length);
  expect([...numbersOf({ dictionary: aDictionary(['a']), codes: codes(1, 1) }, 2, anything(2))]).toEqual([
    1, 1,
  ]);
  expect([...numbersOf({ dictionary: aDictionary(['bbb']), codes: codes(1, 0) }, 2, anything(2))]).toEqual([
    3, 0,
  ]);
});

test('without a column no row has a value', () => {
  expect([...createValueNumbers(() => 7)(undefined, 3, anything(3))]).toEqual([0, 0, 0]);
});

test('room for rows is used again, and is as much as was asked for at least', () => {
  const roomFor = createRowRoom();
  const few = roomFor(3);
  expect(few.length).toBeGreaterThanOrEqual(3);
  expect(roomFor(2)).toBe(few);
  expect(roomFor(1_000).length).toBeGreaterThanOrEqual(1_000);
  expect(createRowRoom()(0)).toHaveLength(0);
});
