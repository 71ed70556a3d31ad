import { compressFrame, decompressFrame } from 'lz4-napi';
import type { Codec } from './codec.ts';

/** LZ4 frames, as Kafka has them since message format 2. */
export const lz4Codec: Codec = {
  compress: (data) => compressFrame(data),
  async decompress(data, maxBytes) {
    const bound = unpackedBound(data);
    if (bound > maxBytes)
      throw new Error(`The lz4 batch may unpack to ${bound} bytes; at most ${maxBytes} are taken.`);
    return decompressFrame(data);
  },
};

const frameMagic = 0x184d2204;
const blockSizes: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };

/**
 * What a frame can unpack to at most. The library has no bound of its own, so the frame's block list is walked first:
 * a block is at most its descriptor's block size, and at most 255 times its packed size (LZ4's best ratio).
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
function unpackedBound(data: Buffer): number {
  if (data.length < 7 || data.readUInt32LE(0) !== frameMagic)
    throw new Error('The batch is not an lz4 frame.');
  const flags = data.readUInt8(4);
  const blockSize = blockSizes[(data.readUInt8(5) >> 4) & 7];
  if (blockSize === undefined) throw new Error('The lz4 frame has an unknown block size.');
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  let bound = 0;
  while (at + 4 <= data.length) {
    const word = data.readUInt32LE(at);
    const packed = word & 0x7fffffff;
    if (packed === 0) return bound;
    bound += word >= 0x80000000 ? packed : Math.min(blockSize, packed * 255);
    at += 4 + packed + blockChecksum;
  }
  throw new Error('The lz4 frame ends before its end mark.');
}
