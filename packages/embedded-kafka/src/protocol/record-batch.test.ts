import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../testing/encode-batch.ts';
import { errorCodes, KafkaError } from './error-codes.ts';
import {
  assignOffset,
  batchHeaderBytes,
  isBatchIntact,
  parseProducedBatch,
  readBatchHeader,
} from './record-batch.ts';
import { countRecords, findByTime } from './records.ts';

const limit = 1_000_000;
const record = fc.record({
  key: fc.option(fc.string({ maxLength: 20 })),
  value: fc.option(fc.string({ maxLength: 300 })),
  headers: fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), { maxKeys: 3 }),
  timestamp: fc.integer({ min: 1, max: 4_102_444_800_000 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 40 });

function refusal(batch: Buffer, maxBytes = limit): number {
  try {
    parseProducedBatch(batch, maxBytes);
    return 0;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
}

describe('parseProducedBatch', () => {
  it('takes every batch a producer can make, and its offset can be set without harm to the checksum', () => {
    fc.assert(
      fc.property(records, fc.nat(), (list, baseOffset) => {
        const batch = encodeBatch(list);
        expect(parseProducedBatch(batch, limit).recordCount).toBe(list.length);
        assignOffset(batch, baseOffset);
        const header = readBatchHeader(batch, 0);
        expect(header).toMatchObject({ baseOffset, lastOffset: baseOffset + list.length - 1 });
        expect(header && isBatchIntact(batch, 0, header)).toBe(true);
      }),
    );
  });

  it('refuses every batch with one changed bit behind the leader epoch', () => {
    fc.assert(
      fc.property(records, fc.nat(), (list, seed) => {
        const batch = encodeBatch(list);
        const bit = seed % ((batch.length - 16) * 8);
        const at = 16 + (bit >> 3);
        batch.writeUInt8(batch.readUInt8(at) ^ (1 << (bit & 7)), at);
        expect(refusal(batch)).not.toBe(0);
      }),
    );
  });

  it('refuses every cut-off batch', () => {
    const batch = encodeBatch([{ key: 'k', value: 'v' }]);
    for (let length = 0; length < batch.length; length += 1) {
      expect(refusal(batch.subarray(0, length))).toBe(errorCodes.CORRUPT_MESSAGE);
    }
  });

  const one = [{ value: 'v' }];
  it.each<[string, Buffer, keyof typeof errorCodes]>([
    ['too large', encodeBatch([{ value: 'x'.repeat(limit) }]), 'MESSAGE_TOO_LARGE'],
    [
      'of an old message format',
      encodeBatch(one, { damage: (b) => b.writeInt8(1, 16) }),
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    ],
    ['two in one', Buffer.concat([encodeBatch(one), encodeBatch(one)]), 'INVALID_RECORD'],
    ['of an unknown codec', encodeBatch(one, { attributes: 5 }), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['with the broker own time type', encodeBatch(one, { attributes: 8 }), 'INVALID_TIMESTAMP'],
    ['of a transaction', encodeBatch(one, { attributes: 16 }), 'INVALID_RECORD'],
    ['with control records', encodeBatch(one, { attributes: 32 }), 'INVALID_RECORD'],
    ['without records', encodeBatch(one, { damage: (b) => b.writeInt32BE(0, 57) }), 'INVALID_RECORD'],
    [
      'with a gap in its offsets',
      encodeBatch(one, { damage: (b) => b.writeInt32BE(7, 23) }),
      'INVALID_RECORD',
    ],
    [
      'with fewer records than it says',
      encodeBatch(one, {
        damage: (b) => {
          b.writeInt32BE(1, 23);
          b.writeInt32BE(2, 57);
        },
      }),
      'INVALID_RECORD',
    ],
    ['of an idempotent producer without sequence', encodeBatch(one, { producerId: 1n }), 'INVALID_RECORD'],
  ])('refuses a batch %s', (_name, batch, error) => {
    expect(refusal(batch)).toBe(errorCodes[error]);
  });
});

describe('records', () => {
  it('are counted and found by time', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 4_102_444_800_000 }), (list, wanted) => {
        const batch = encodeBatch(list, { baseTimestamp: 5000 });
        const body = batch.subarray(batchHeaderBytes);
        expect(countRecords(body)).toBe(list.length);
        const expected = list.findIndex(({ timestamp }) => timestamp >= wanted);
        expect(findByTime(body, wanted - 5000)?.offsetDelta ?? -1).toBe(expected);
      }),
    );
  });

  it.each([
    ['a value longer than the record', [0, 0, 0, 1, 60, 0]],
    ['a key length below -1', [0, 0, 0, 3, 0, 0]],
    ['a header count it has no room for', [0, 0, 0, 1, 1, 40]],
    ['a header without a key', [0, 0, 0, 1, 1, 2, 1, 1]],
    ['bytes behind the headers', [0, 0, 0, 1, 1, 0, 7]],
  ])('with %s are not counted', (_name, body) => {
    expect(countRecords(Buffer.from([body.length * 2, ...body]))).toBeUndefined();
  });

  it('that are no records are not counted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (noise) => {
        const body = Buffer.concat([
          encodeBatch([{ value: 'v' }]).subarray(batchHeaderBytes),
          Buffer.from(noise),
        ]);
        // Noise may by chance be a second record, but it never counts as the one that is there.
        expect(countRecords(body)).not.toBe(1);
      }),
    );
  });
});
