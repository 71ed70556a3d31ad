import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatchPlaces } from './batch-places.ts';

test('places are counted from where numbers are met first, anew in every batch', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(300), { maxLength: 150, size: 'max' }), { maxLength: 4 }),
      (batches) => {
        const places = createBatchPlaces();
        for (const numbers of batches) {
          places.clear();
          const met = [...new Set(numbers)];
          for (const number of numbers) expect(places.placeOf(number)).toBe(met.indexOf(number));
          expect(places.size).toBe(met.length);
          expect(met.map((_, place) => places.numberAt(place))).toEqual(met);
        }
      },
    ),
  );
});
