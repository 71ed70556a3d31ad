import { compress, uncompress } from 'snappy';
import type { Codec } from './codec.ts';

/** The framing of snappy-java, which the Java client and many others write: magic, two versions, then sized blocks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

/**
 * Snappy as Kafka clients write it: xerial-framed (Java, librdkafka, kafkajs) or one raw block (franz-go, so Redpanda
 * Connect). We write xerial-framed, which every client reads.
 */
export const snappyCodec: Codec = {
  async compress(data) {
    const block = await compress(data);
    const header = Buffer.alloc(xerialHeaderBytes + 4);
    xerialMagic.copy(header);
    header.writeInt32BE(1, 8);
    header.writeInt32BE(1, 12);
    header.writeInt32BE(block.length, xerialHeaderBytes);
    return Buffer.concat([header, block]);
  },
  async decompress(data, maxBytes) {
    if (!data.subarray(0, xerialMagic.length).equals(xerialMagic)) return unpackBlock(data, maxBytes);
    const blocks: Buffer[] = [];
    let left = maxBytes;
    for (let at = xerialHeaderBytes; at < data.length; ) {
      if (at + 4 > data.length) throw new Error('The snappy batch ends inside a block size.');
      const size = data.readInt32BE(at);
      at += 4;
      if (size < 0 || at + size > data.length) throw new Error('The snappy batch ends inside a block.');
      const block = await unpackBlock(data.subarray(at, at + size), left);
      left -= block.length;
      blocks.push(block);
      at += size;
    }
    return blocks.length === 1 && blocks[0] ? blocks[0] : Buffer.concat(blocks);
  },
};

/** A raw block starts with its unpacked size, so a bomb is known before anything is allocated. */
async function unpackBlock(block: Buffer, maxBytes: number): Promise<Buffer> {
  const size = unpackedSize(block);
  if (size > maxBytes)
    throw new Error(`The snappy batch unpacks to ${size} bytes or more; at most ${maxBytes} are taken.`);
  const unpacked = await uncompress(block, { asBuffer: true });
  return Buffer.isBuffer(unpacked) ? unpacked : Buffer.from(unpacked);
}

function unpackedSize(block: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return size;
  }
  throw new Error('The snappy block does not start with its size.');
}
