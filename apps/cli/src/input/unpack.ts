import type { Transform } from 'node:stream';
import { crc32, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { type ByteQueue, createByteQueue } from './byte-queue.ts';

const blockBytes = 256 * 1024;

type Blocks = AsyncGenerator<Buffer, void, void>;

/**
 * The content of gzip data: one member after another, zeros between and behind them (RFC 1952). What a member holds comes before
 * the error about its end or about what follows it; Node's own decompressor would keep it back.
 */
export async function* unpackGzip(blocks: Blocks): Blocks {
  const queue = createByteQueue(blocks);
  for (let members = 0; ; members++) {
    if (members > 0) await queue.passZeros();
    const head = await queue.peek(2);
    if (members > 0 && head.length === 0) return;
    if (head[0] !== 0x1f || head[1] !== 0x8b)
      throw new Error('bytes that are not gzip follow its packed data: what came before them was read.');
    await passGzipHeader(queue);
    let checksum = 0;
    let length = 0;
    for await (const block of unpackFrame(queue, createInflateRaw({ chunkSize: blockBytes }))) {
      checksum = crc32(block, checksum);
      length = (length + block.length) >>> 0;
      yield block;
    }
    const trailer = await queue.take(8);
    if (trailer.length < 8) throw new Error(endsEarly);
    if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== length)
      throw new Error('its packed data is damaged: the checksum differs.');
  }
}

/** The content of zstd data: one frame after another, as files have that were appended to. */
export async function* unpackZstd(blocks: Blocks): Blocks {
  const queue = createByteQueue(blocks);
  while ((await queue.peek(1)).length > 0)
    yield* unpackFrame(queue, createZstdDecompress({ chunkSize: blockBytes }));
}

const endsEarly = 'its packed data ends too early: it was cut off.';

const gzipFlags = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

async function passGzipHeader(queue: ByteQueue): Promise<void> {
  const fixed = await queue.take(10);
  if (fixed.length < 10) throw new Error(endsEarly);
  const [method, flags = 0] = fixed.subarray(2);
  if (method !== 8 || (flags & gzipFlags.reserved) !== 0)
    throw new Error('its gzip header is damaged, or of a kind that nobody writes.');
  if (flags & gzipFlags.extra) {
    const length = await queue.take(2);
    if (length.length === 2) await queue.take(length.readUInt16LE(0));
  }
  for (const flag of [gzipFlags.name, gzipFlags.comment]) if (flags & flag) await queue.passZero();
  if (flags & gzipFlags.headerChecksum) await queue.take(2);
}

/** Feeds `frame` until it has what it needs; what is left stays in the queue. */
async function* unpackFrame(queue: ByteQueue, frame: Transform & { readonly bytesWritten: number }): Blocks {
  const feed = async (): Promise<void> => {
    for (let fed = 0; !frame.destroyed; ) {
      const block = await queue.next();
      if (block === undefined) break;
      fed += block.length;
      await new Promise<void>((resolve) => frame.write(block, () => resolve()));
      if (frame.bytesWritten >= fed) continue;
      queue.putBack(block.subarray(block.length - (fed - frame.bytesWritten)));
      break;
    }
    frame.end();
  };
  const feeding = feed();
  feeding.catch((error: Error) => frame.destroy(error));
  try {
    for await (const block of frame) yield block as Buffer;
    await feeding;
  } catch (error) {
    throw inWords(error);
  }
}

/** The errors of zlib and zstd that people meet. */
const sentences: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: endsEarly,
  Z_DATA_ERROR: 'its packed data is damaged: what came before the damage was read.',
  ZSTD_error_prefix_unknown:
    'bytes that are not zstd follow its packed data: what came before them was read.',
  ZSTD_error_corruption_detected: 'its packed data is damaged: what came before the damage was read.',
  ZSTD_error_checksum_wrong: 'its packed data is damaged: the checksum differs.',
};

function inWords(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  return sentence === undefined ? error : new Error(sentence, { cause: error });
}
