import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FieldReference } from './compile-item.ts';
import { standsInAny } from './find-any.ts';
import { referenceHolds } from './reference-holds.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', '😀'), maxLength: 6 });
const value = fc.oneof(text, fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 6 }));

const plainly: Record<FieldReference['place'], (one: string, other: string) => boolean> = {
  exact: (one, other) => one === other,
  prefix: (one, other) => one.startsWith(other),
  suffix: (one, other) => one.endsWith(other),
  contains: (one, other) => one.includes(other),
};

test('values stand to each other as when each is compared with each', () => {
  const answers = new Set<boolean>();
  fc.assert(
    fc.property(
      value,
      value,
      fc.constantFrom('exact', 'prefix', 'suffix', 'contains'),
      (left, right, place) => {
        const of = (all: typeof left) => [all].flat().filter((one) => one !== null);
        const expected = of(left).some((one) => of(right).some((other) => plainly[place](one, other)));
        answers.add(expected);
        expect(referenceHolds(left, right, { field: 'x', place, cased: true })).toBe(expected);
      },
    ),
    { numRuns: 2_000 },
  );
  expect(answers.size).toBe(2);
});

test('texts are found in longer ones, however they overlap', () => {
  const letters = fc.constantFrom('a', 'b');
  const short = fc.uniqueArray(fc.string({ unit: letters, minLength: 8, maxLength: 20 }), {
    minLength: 20,
    maxLength: 60,
  });
  const long = fc.array(fc.string({ unit: letters, minLength: 20, maxLength: 200 }), {
    minLength: 5,
    maxLength: 20,
  });
  const answers = new Set<boolean>();
  fc.assert(
    fc.property(short, long, fc.boolean(), (texts, others, isThere) => {
      const all = isThere ? texts : texts.map((one) => `${one}c${one}`);
      const expected = others.some((other) => all.some((one) => other.includes(one)));
      answers.add(expected);
      expect(standsInAny(all, others)).toBe(expected);
    }),
    { numRuns: 500 },
  );
  expect(answers.size).toBe(2);
});

test('long lists are answered in time that grows with their lengths alone', () => {
  // Each with each these are a thousand million comparisons: the test would not end.
  const texts = (first: string) => Array.from({ length: 70_000 }, (_, number) => `${first}${number}`);
  for (const place of ['exact', 'prefix', 'suffix', 'contains'] as const)
    expect(referenceHolds(texts('a'), texts('b'), { field: 'x', place, cased: false })).toBe(false);
  const empty = Array.from({ length: 300_000 }, () => '');
  expect(referenceHolds(empty, texts('b'), { field: 'x', place: 'contains', cased: true })).toBe(false);
  const steep = Array.from({ length: 700 }, (_, number) => `${'a'.repeat(number)}b`);
  const slope = 'a'.repeat(400_000);
  expect(referenceHolds(slope, steep, { field: 'x', place: 'contains', cased: true })).toBe(false);
  expect(referenceHolds(`${slope}b`, steep, { field: 'x', place: 'contains', cased: true })).toBe(true);
});
