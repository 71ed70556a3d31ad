import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPairIndex } from './pair-index.ts';

test('pairs have one number exactly when they are equal, counted from where they are met first, and anew when all were forgotten', () => {
  const pairs = fc.array(fc.tuple(fc.nat(12), fc.constantFrom(-1, 0, 1, 5, 2 ** 31 - 1)), {
    maxLength: 400,
    size: 'max',
  });
  fc.assert(
    fc.property(pairs, fc.constantFrom(0, 1, 2), pairs, (before, rounds, met) => {
      const index = createPairIndex();
      for (let round = 0; round < rounds; round += 1) {
        for (const [first, second] of before) index.numberOf(first, second);
        index.clear();
      }
      const known = new Map<string, number>();
      for (const [first, second] of met) {
        const key = `${first} ${second}`;
        if (!known.has(key)) known.set(key, known.size);
        const number = index.numberOf(first, second);
        expect(number).toBe(known.get(key));
        expect([index.firstOf(number), index.secondOf(number)]).toEqual([first, second]);
      }
      expect(index.size).toBe(known.size);
    }),
  );
});
