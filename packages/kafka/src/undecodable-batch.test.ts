import { createRequire } from 'node:module';
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

  it('is still an error when its header makes no sense', async () => {
    await expect(
      decodeBatch(new Decoder(batchOf(Buffer.from('damaged'), { count: 2_000_000_000 }))),
    ).rejects.toThrow();
  });
});
