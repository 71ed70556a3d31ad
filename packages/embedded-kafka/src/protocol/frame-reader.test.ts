import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedRequestError } from './error-codes.ts';
import { createFrameReader } from './frame-reader.ts';

function framed(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

describe('createFrameReader', () => {
  it('gives the same requests however the bytes are cut', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 8, maxLength: 300 }), { maxLength: 10 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (frames, cuts) => {
        const stream = Buffer.concat(frames.map(framed));
        const reader = createFrameReader(1000);
        const read: Buffer[] = [];
        let at = 0;
        for (let turn = 0; at < stream.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          read.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(read.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
        expect(reader.bufferedBytes).toBe(0);
      }),
    );
  });

  it('joins a request far larger than it allocates at first', () => {
    const body = Buffer.alloc(9_000_000, 'large ');
    const reader = createFrameReader(10_000_000);
    const stream = framed(body);
    const frames: Buffer[] = [];
    for (let at = 0; at < stream.length; at += 65_536)
      frames.push(...reader.push(stream.subarray(at, at + 65_536)));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.equals(body)).toBe(true);
  });

  it.each([
    ['negative', -1],
    ['too small for a header', 7],
    ['too large', 1001],
  ])('refuses a size that is %s', (_name, size) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(size);
    expect(() => createFrameReader(1000).push(bytes)).toThrow(MalformedRequestError);
  });
});
