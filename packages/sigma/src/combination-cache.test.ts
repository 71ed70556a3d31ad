import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCombinationCache } from './combination-cache.ts';

describe('the combination cache', () => {
  it('returns what was kept for a combination, or nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), { maxLength: 400 }),
        (width, lists) => {
          const cache = createCombinationCache<string>(width, 1 << 20);
          for (const list of lists) {
            const combination = Uint32Array.from(list.slice(0, width));
            const known = cache.get(combination);
            if (known !== undefined) expect(known).toBe(combination.join());
            cache.set(combination, combination.join());
            expect(cache.get(combination)).toBe(combination.join());
          }
          cache.clear();
          expect(cache.get(new Uint32Array(width))).toBeUndefined();
        },
      ),
    );
  });

  it('stays within its bound', () => {
    const cache = createCombinationCache<number>(1_024, 1 << 20);
    const combination = new Uint32Array(1_024);
    for (let index = 0; index < 5_000; index++) {
      combination[0] = index;
      cache.set(combination, index);
    }
    expect(cache.get(combination)).toBe(4_999);
    combination[0] = 0;
    expect(cache.get(combination)).toBeUndefined();
  });
});
