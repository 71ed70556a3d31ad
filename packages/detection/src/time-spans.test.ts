import { expect, test } from 'vitest';
import { createTimeSpans } from './time-spans.ts';

test('times span from the first to the last, in whatever order they come, and of one batch only', () => {
  const spans = createTimeSpans();
  for (let number = 0; number < 200; number += 1) spans.add(number, 1_000 + number);
  spans.add(150, 5);
  spans.add(150, 9_000);
  expect([spans.firstOf(150), spans.lastOf(150)]).toEqual([5, 9_000]);
  expect([spans.firstOf(199), spans.lastOf(199)]).toEqual([1_199, 1_199]);
  spans.clear();
  spans.add(0, 7);
  expect([spans.firstOf(0), spans.lastOf(0)]).toEqual([7, 7]);
});
