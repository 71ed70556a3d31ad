import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { CompressionTypes } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { registerCodecs } from './codecs.ts';
import { undecodableHeader } from './undecodable-batch.ts';

interface DecodedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>;
}
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object;
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
  decoder: object,
) => Promise<{ records: DecodedRecord[] }>;

/** A record batch as a fetch answer holds it, with any bytes in place of its compressed records. */
function batchOf(
  records: Buffer,
  { count = 3, codec = CompressionTypes.ZSTD, baseOffset = 100 } = {},
): Buffer {
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(49 + records.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(codec, 21);
  header.writeInt32BE(count - 1, 23);
  header.writeInt32BE(count, 57);
  return Buffer.concat([header, records]);
}

/** A record without key and headers, whose value is "v". */
function aRecord(offsetDelta: number): Buffer {
  const zigzag: number[] = [];
  for (let rest = offsetDelta < 0 ? -offsetDelta * 2 - 1 : offsetDelta * 2; ; rest = Math.floor(rest / 128)) {
    zigzag.push(rest > 127 ? (rest % 128) | 0x80 : rest);
    if (rest <= 127) break;
  }
  const body = [0, 0, ...zigzag, 1, 2, 'v'.charCodeAt(0), 0];
  return Buffer.from([body.length * 2, ...body]);
}

registerCodecs();

describe('a batch that does not unpack', () => {
  it.each([CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD])(
    'becomes empty records that say so, one per record (codec %d)',
    async (codec) => {
      const { records } = await decodeBatch(new Decoder(batchOf(Buffer.from('damaged'), { codec })));
      expect(records.map(({ offset }) => offset)).toEqual(['100', '101', '102']);
      for (const { key, value, headers } of records) {
        expect([key, value]).toEqual([null, null]);
        expect(headers[undecodableHeader]?.toString()).not.toBe('');
      }
    },
  );

  it.each<[string, Buffer]>([
    ['nothing that is a record', Buffer.from([0])],
    ['lengths below zero', Buffer.alloc(2000, 0xff)],
    ['an offset far ahead', Buffer.concat([aRecord(0), aRecord(1), aRecord(1_000_000)])],
    ['an offset below its base', Buffer.concat([aRecord(-5), aRecord(1), aRecord(2)])],
    ['an offset twice', Buffer.concat([aRecord(0), aRecord(1), aRecord(1)])],
    ['too few records', Buffer.concat([aRecord(0), aRecord(1)])],
    ['too many records', Buffer.concat([0, 1, 2, 3].map(aRecord))],
    [
      'a value longer than its record',
      Buffer.concat([aRecord(0), aRecord(1), Buffer.from([12, 0, 0, 4, 1, 60, 0])]),
    ],
    ['a negative value length', Buffer.concat([aRecord(0), aRecord(1), Buffer.from([12, 0, 0, 4, 1, 9, 0])])],
  ])('that unpacks to %s becomes empty records too', async (_name, unpacked) => {
    const batch = batchOf(gzipSync(unpacked), { codec: CompressionTypes.GZIP });
    const { records } = await decodeBatch(new Decoder(batch));
    expect(records.map(({ offset }) => offset)).toEqual(['100', '101', '102']);
    for (const { headers } of records)
      expect(headers[undecodableHeader]?.toString()).toContain('not the records');
  });

  it('leaves sound records as they are', async () => {
    const batch = batchOf(gzipSync(Buffer.concat([0, 1, 2].map(aRecord))), { codec: CompressionTypes.GZIP });
    const { records } = await decodeBatch(new Decoder(batch));
    expect(records.map(({ offset, value }) => [offset, value?.toString()])).toEqual([
      ['100', 'v'],
      ['101', 'v'],
      ['102', 'v'],
    ]);
  });

  it('is still an error when its header makes no sense', async () => {
    await expect(
      decodeBatch(new Decoder(batchOf(Buffer.from('damaged'), { count: 2_000_000_000 }))),
    ).rejects.toThrow();
  });
});
