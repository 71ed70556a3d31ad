import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSparseIndex, parseSparseIndex } from './sparse-index.ts';

const batches = fc
  .array(
    fc.record({ bytes: fc.integer({ min: 61, max: 200_000 }), time: fc.integer({ min: 0, max: 1000 }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((list) => {
    let position = 0;
    return list.map(({ bytes, time }, index) => {
      const batch = { offset: 100 + index * 3, position, maxTimestamp: time };
      position += bytes;
      return batch;
    });
  });

describe('createSparseIndex', () => {
  it('never points behind the batch that is looked for', () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 100, max: 300 }), fc.nat(1000), (list, offset, time) => {
        const index = createSparseIndex(100);
        for (const batch of list) index.add(batch);
        const holder = list.findLast((batch) => batch.offset <= offset);
        const floor = index.floor(offset);
        expect(floor.offset).toBeLessThanOrEqual(offset);
        expect(floor.position).toBeLessThanOrEqual(holder?.position ?? 0);
        const firstLater = list.find((batch) => batch.maxTimestamp >= time);
        if (firstLater) expect(index.floorByTime(time).position).toBeLessThanOrEqual(firstLater.position);
        const last = list.at(-1);
        const size = (last?.position ?? 0) + 100;
        const again = parseSparseIndex(index.serialize(size), 100, size);
        expect(again?.floor(offset)).toEqual(floor);
        expect(again?.floorByTime(time)).toEqual(index.floorByTime(time));
        expect(again?.maxTimestamp).toBe(Math.max(...list.map((batch) => batch.maxTimestamp)));
      }),
    );
  });

  it('has an entry for about every 64 KiB', () => {
    const index = createSparseIndex(0);
    for (let offset = 0; offset < 1000; offset += 1)
      index.add({ offset, position: offset * 1000, maxTimestamp: 0 });
    const { position } = index.floor(999);
    expect(999_000 - position).toBeLessThan(70_000);
  });

  it('is not taken when it is damaged or of another segment', () => {
    const index = createSparseIndex(5);
    index.add({ offset: 5, position: 0, maxTimestamp: 1 });
    const bytes = index.serialize(1000);
    expect(parseSparseIndex(bytes, 5, 1000)).toBeDefined();
    expect(parseSparseIndex(bytes, 6, 1000)).toBeUndefined();
    expect(parseSparseIndex(bytes, 5, 1001)).toBeUndefined();
    expect(parseSparseIndex(bytes.subarray(0, -1), 5, 1000)).toBeUndefined();
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
      expect(parseSparseIndex(damaged, 5, 1000)).toBeUndefined();
    }
  });
});
