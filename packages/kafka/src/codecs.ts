import kafkajs, { CompressionTypes } from 'kafkajs';
import type { Codec } from './codec.ts';
import { lz4Codec } from './lz4-codec.ts';
import { snappyCodec } from './snappy-codec.ts';
import { tolerant } from './undecodable-batch.ts';
import { gzipCodec, zstdCodec } from './zlib-codecs.ts';

/** The largest batch we unpack. Kafka takes batches of 1 MB by default; more than this out of one is an attack. */
export const maxUncompressedBytes = 64 * 1024 * 1024;

// Node finds the names that a CommonJS module exports by reading it, and does not find this one.
const { CompressionCodecs } = kafkajs;

let registered = false;

/**
 * Teaches kafkajs every codec Kafka has. kafkajs stops a consumer for good at a codec that it does not know, and retries
 * a batch that does not unpack for ever; `tolerant` turns such a batch into records that say so.
 */
export function registerCodecs(): void {
  if (registered) return;
  registered = true;
  register(CompressionTypes.GZIP, gzipCodec);
  register(CompressionTypes.Snappy, snappyCodec);
  register(CompressionTypes.LZ4, lz4Codec);
  register(CompressionTypes.ZSTD, zstdCodec);
}

function register(type: keyof typeof CompressionCodecs, codec: Codec): void {
  const adapted = {
    compress: (encoder: { buffer: Buffer }) => codec.compress(encoder.buffer),
    decompress: tolerant(type, (data) => codec.decompress(data, maxUncompressedBytes)),
  };
  CompressionCodecs[type] = () => adapted;
}
