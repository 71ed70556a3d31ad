import { createGzip, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBytes } from './read-bytes.ts';

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/** What comes out before the end, and the error that is the end. */
async function unpack(bytes: Buffer, size = 7): Promise<{ text: string; why: string }> {
  let text = '';
  try {
    for await (const block of readBytes(cut(bytes, size))) text += block.toString('latin1');
    return { text, why: '' };
  } catch (error) {
    return { text, why: (error as Error).message };
  }
}

const content = Array.from({ length: 200 }, (_, number) => `{"EventID":${number * 7919}}\n`).join('');

describe('unpacking', () => {
  it('gives what was packed, in one member or several, wherever blocks end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 20 }),
        async (parts, size, zeros) => {
          const text = Buffer.from(parts.join('')).toString('latin1');
          // What comes first is no mark of another encoding.
          const [first, ...others] = parts;
          for (const pack of [gzipSync, zstdCompressSync]) {
            const padding = Buffer.alloc(pack === gzipSync ? zeros : 0);
            const packed = [`xx${first}`, ...others].flatMap((part) => [pack(Buffer.from(part)), padding]);
            expect(await unpack(Buffer.concat(packed), size)).toEqual({ text: `xx${text}`, why: '' });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('passes over frames of zstd that hold nothing, also where the data begins with one', async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    const packed = Buffer.concat([skipped, zstdCompressSync(content), skipped]);
    for (const size of [3, 1 << 20]) expect(await unpack(packed, size)).toEqual({ text: content, why: '' });
  });

  it('passes over everything that a gzip header may hold', async () => {
    const plain = gzipSync(content);
    const extra = Buffer.from([3, 0, 1, 2, 3]);
    const header = Buffer.from([0x1f, 0x8b, 8, 2 + 4 + 8 + 16, 0, 0, 0, 0, 0, 3]);
    const packed = [
      header,
      extra,
      Buffer.from('a name\0a comment\0'),
      Buffer.from([1, 2]),
      plain.subarray(10),
    ];
    for (const size of [1, 5, 4000])
      expect(await unpack(Buffer.concat(packed), size)).toEqual({ text: content, why: '' });
  });

  it.each([
    [
      'not gzip',
      Buffer.concat([gzipSync(content), Buffer.from('garbage')]),
      'bytes that are not gzip follow',
    ],
    ['cut off', gzipSync(content).subarray(0, -4), 'ends too early'],
    ['wrong', Buffer.concat([gzipSync(content).subarray(0, -8), Buffer.alloc(8)]), 'the checksum differs'],
    [
      'no zstd',
      Buffer.concat([zstdCompressSync(content), Buffer.from('garbage')]),
      'bytes that are not zstd follow',
    ],
  ])('gives all of a member whose end is %s, and says so then', async (_, packed, why) => {
    for (const size of [3, 1 << 20]) {
      const found = await unpack(packed, size);
      expect(found.text).toBe(content);
      expect(found.why).toContain(why);
      expect(found.why).not.toBe('');
    }
  });

  it('gives what was unpacked of data that is cut off in the middle', async () => {
    const gzip = createGzip({ level: 0 });
    gzip.end(content);
    const packed = Buffer.concat(await gzip.toArray());
    const { text, why } = await unpack(packed.subarray(0, 2000), 500);
    expect(why).toContain('ends too early');
    expect(content.startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(1900);
  });
});
