import { unpackGzip, unpackZstd } from './unpack.ts';

/** More than any mark at the start of a file needs. */
const headBytes = 16;

/** Forms that hold events but are not JSON text, by their first bytes, and what to do about them. */
const refused: readonly { readonly magic: readonly number[]; readonly why: string }[] = [
  {
    magic: [0x45, 0x6c, 0x66, 0x46, 0x69, 0x6c, 0x65, 0x00],
    why: 'it is a binary Windows event log (.evtx): turn it into JSON lines first, e.g. with evtx_dump -o jsonl.',
  },
  { magic: [0x50, 0x4b, 0x03, 0x04], why: 'it is a ZIP archive: unpack it first.' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], why: 'it is compressed by xz: unpack it, or use gzip or zstd.' },
  { magic: [0x42, 0x5a, 0x68], why: 'it is compressed by bzip2: unpack it, or use gzip or zstd.' },
  { magic: [0x50, 0x41, 0x52, 0x31], why: 'it is a Parquet file: export it as JSON lines.' },
];

/**
 * The UTF-8 text in a stream of bytes: gzip and zstd are unpacked (known by their first bytes, whatever the file is called),
 * UTF-16 is turned into UTF-8, byte order marks are left out. Reads as it is asked for. Throws what the stream throws, and an
 * error that says why for a form that holds no JSON text or ends too early.
 */
export async function* readBytes(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const packed = await peek(blocksOf(source));
  for (const { magic, why } of refused) if (startsWith(packed.head, magic)) throw new Error(why);
  const unpacked = await peek(unpack(packed));
  yield* toUtf8(unpacked);
}

interface Peeked {
  /** The first bytes, at most 16; they come again in `blocks`. */
  readonly head: Buffer;
  readonly blocks: AsyncGenerator<Buffer, void, void>;
}

async function peek(blocks: AsyncGenerator<Buffer, void, void>): Promise<Peeked> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < headBytes) {
    const next = await blocks.next();
    if (next.done) break;
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
  }
  return { head: first.subarray(0, headBytes), blocks: prepend(first, blocks) };
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

async function* blocksOf(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer, void, void> {
  for await (const block of stream) yield block as Buffer;
}

function unpack({ head, blocks }: Peeked): AsyncGenerator<Buffer, void, void> {
  if (startsWith(head, [0x1f, 0x8b])) return unpackGzip(blocks);
  return startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]) || isSkippable(head) ? unpackZstd(blocks) : blocks;
}

/** A frame that zstd passes over (RFC 8878), with which files of pzstd and of seekable zstd begin. */
const isSkippable = (head: Buffer) =>
  ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;

async function* toUtf8({ head, blocks }: Peeked): AsyncGenerator<Buffer, void, void> {
  const encoding = utf16Of(head);
  if (encoding === undefined) {
    let from = startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0;
    for await (const block of blocks) {
      if (block.length > from) yield block.subarray(from);
      from = 0;
    }
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const block of blocks) yield Buffer.from(decoder.decode(block, { stream: true }));
  const last = Buffer.from(decoder.decode());
  if (last.length > 0) yield last;
}

/** UTF-16 by its byte order mark, or by the zero beside the bracket that JSON text starts with. */
function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const bracket = (byte: number | undefined) => byte === 0x7b || byte === 0x5b;
  // Every other byte of what follows the bracket is a zero too: one alone may be the end of a hole in the file.
  if (startsWith(head, [0xff, 0xfe]) || (bracket(head[0]) && head[1] === 0 && head[3] === 0))
    return 'utf-16le';
  if (startsWith(head, [0xfe, 0xff]) || (head[0] === 0 && bracket(head[1]) && head[2] === 0))
    return 'utf-16be';
  return undefined;
}

const startsWith = (head: Buffer, magic: readonly number[]) =>
  magic.every((byte, index) => head[index] === byte);
