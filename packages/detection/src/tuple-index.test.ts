import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTupleIndex } from './tuple-index.ts';

test('rows have one number exactly when their codes are equal, counted from their first rows', () => {
  const rows = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.constantFrom(0, 1, 2 ** 31)), { maxLength: 400 });
  fc.assert(
    fc.property(rows, (tuples) => {
      const index = createTupleIndex(
        [0, 1, 2].map((at) => Uint32Array.from(tuples, (tuple) => tuple[at] ?? 0)),
      );
      const known = new Map<string, number>();
      for (const [row, tuple] of tuples.entries()) {
        const key = tuple.join();
        if (!known.has(key)) known.set(key, known.size);
        expect(index.numberOf(row)).toBe(known.get(key));
      }
    }),
  );
});
