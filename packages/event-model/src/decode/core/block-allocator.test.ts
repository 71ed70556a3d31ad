import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockAllocator } from './block-allocator.ts';

const page = 65_536;

/** An allocator of memory that grows by whole pages up to a bound. */
function anAllocator(maxBytes = 1024 * page) {
  let end = 2 * page;
  return createBlockAllocator({ start: page, end }, (wanted) => {
    end = Math.ceil(wanted / page) * page;
    if (end > maxBytes) throw new RangeError('no memory left');
    return end;
  });
}

describe('blocks', () => {
  test('never overlap, stand at multiples of their size, and can all be had again', () => {
    const step = fc.oneof(
      fc.record({ take: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 3 * page })) }),
      fc.record({ give: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const blocks = anAllocator();
        const held: { start: number; size: number }[] = [];
        for (const one of steps) {
          if ('take' in one) {
            const start = blocks.allocate(one.take);
            const size = 2 ** Math.ceil(Math.log2(Math.max(64, one.take)));
            expect(start % size).toBe(0);
            expect(start).toBeGreaterThanOrEqual(page);
            for (const other of held)
              expect(start + size <= other.start || other.start + other.size <= start).toBe(true);
            held.push({ start, size });
          } else if (held.length > 0) {
            const [given] = held.splice(one.give % held.length, 1);
            blocks.release(given?.start ?? 0);
          }
          expect(blocks.used).toBe(held.reduce((sum, { size }) => sum + size, 0));
        }
        for (const { start } of held) blocks.release(start);
        expect(blocks.used).toBe(0);
      }),
    );
  });

  test('that were given back become one again', () => {
    const blocks = anAllocator(16 * page);
    const held = Array.from({ length: 15 * (page / 64) }, () => blocks.allocate(1));
    expect(() => blocks.allocate(1)).toThrow('no memory left');
    for (const start of held) blocks.release(start);
    expect(blocks.allocate(8 * page)).toBe(8 * page);
    expect(blocks.allocate(4 * page)).toBe(4 * page);
  });

  test('are given back once, and only when they were taken', () => {
    const blocks = anAllocator();
    const start = blocks.allocate(100);
    blocks.release(start);
    expect(() => blocks.release(start)).toThrow(`No block in use starts at ${start}.`);
  });
});
