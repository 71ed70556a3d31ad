import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedRequestError } from './error-codes.ts';
import { createReader, type Reader } from './reader.ts';
import { createWriter, type Writer } from './writer.ts';

interface Field {
  write(writer: Writer): void;
  read(reader: Reader): unknown;
  readonly value: unknown;
}

const field = <T>(values: fc.Arbitrary<T>, write: (w: Writer, v: T) => void, read: (r: Reader) => unknown) =>
  values.map((value): Field => ({ value, write: (writer) => write(writer, value), read }));

const bytes = fc.uint8Array({ maxLength: 700 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyField = fc.oneof(
  field(
    fc.integer({ min: -128, max: 127 }),
    (w, v) => w.int8(v),
    (r) => r.int8(),
  ),
  field(
    fc.integer({ min: -32_768, max: 32_767 }),
    (w, v) => w.int16(v),
    (r) => r.int16(),
  ),
  field(
    fc.integer(),
    (w, v) => w.int32(v),
    (r) => r.int32(),
  ),
  field(
    int64,
    (w, v) => w.int64(v),
    (r) => r.int64(),
  ),
  field(
    fc.maxSafeInteger(),
    (w, v) => w.int64(v),
    (r) => r.long(),
  ),
  field(
    fc.boolean(),
    (w, v) => w.bool(v),
    (r) => r.bool(),
  ),
  field(
    text,
    (w, v) => w.string(v),
    (r) => r.string(),
  ),
  field(
    fc.option(text),
    (w, v) => w.string(v),
    (r) => r.nullableString(),
  ),
  field(
    fc.option(bytes),
    (w, v) => w.bytes(v),
    (r) => r.nullableBytes(),
  ),
  field(
    bytes,
    (w, v) => w.bytesByReference(v),
    (r) => r.bytes(),
  ),
  field(
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id)),
    (w, v) => w.uuid(v),
    (r) => r.uuid(),
  ),
  field(
    fc.option(fc.array(fc.integer(), { maxLength: 300 })),
    (w, v) => w.array(v, w.int32),
    (r) => r.nullableArray(() => r.int32()),
  ),
  field(
    fc.constant(undefined),
    (w) => w.taggedFields(),
    (r) => r.taggedFields(),
  ),
);

describe.each([false, true])('primitives, flexible: %s', (flexible) => {
  it('reads back every field it wrote, in order, and nothing more', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 30 }), (fields) => {
        const writer = createWriter(flexible);
        for (const each of fields) each.write(writer);
        const written = Buffer.concat(writer.finish());
        expect(writer.size).toBe(written.length);
        const reader = createReader(written, 0, flexible);
        for (const each of fields) expect(each.read(reader)).toEqual(each.value);
        expect(reader.position).toBe(written.length);
      }),
    );
  });

  it('refuses any cut-off message with the error that closes the connection, never another', () => {
    fc.assert(
      fc.property(fc.array(anyField, { minLength: 1, maxLength: 10 }), fc.nat(), (fields, seed) => {
        const writer = createWriter(flexible);
        for (const each of fields) each.write(writer);
        const written = Buffer.concat(writer.finish());
        fc.pre(written.length > 0);
        const reader = createReader(written.subarray(0, seed % written.length), 0, flexible);
        expect(() => {
          for (const each of fields) each.read(reader);
        }).toThrow(MalformedRequestError);
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(bytes, fc.array(anyField, { maxLength: 20 }), (noise, fields) => {
        const reader = createReader(noise, 0, flexible);
        try {
          for (const each of fields) each.read(reader);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedRequestError);
        }
      }),
    );
  });
});

describe('bounds', () => {
  it('does not believe an array length that the message cannot hold', () => {
    const writer = createWriter().int32(2_000_000_000);
    expect(() => createReader(Buffer.concat(writer.finish())).array(() => 0)).toThrow(/cannot fit/);
  });

  it('refuses more array elements than any client sends', () => {
    const writer = createWriter().array(new Array<number>(200_001).fill(0), () => {});
    const noise = Buffer.concat([...writer.finish(), Buffer.alloc(300_000)]);
    expect(() => createReader(noise).array(() => 0)).toThrow(/more than 200000/);
  });

  it('refuses offsets that a double cannot hold', () => {
    const reader = createReader(
      Buffer.concat(
        createWriter()
          .int64(2n ** 60n)
          .finish(),
      ),
    );
    expect(() => reader.long()).toThrow(MalformedRequestError);
  });

  it('refuses null where the protocol demands a value', () => {
    const written = Buffer.concat(
      createWriter()
        .string(null)
        .bytes(null)
        .array(null, () => {})
        .finish(),
    );
    const reader = createReader(written);
    expect(() => reader.string()).toThrow(/null/);
    expect(() => reader.bytes()).toThrow(/null/);
    expect(() => reader.array(() => 0)).toThrow(/null/);
  });

  it('skips tagged fields it does not know', () => {
    const reader = createReader(Buffer.from([2, 0, 1, 0xff, 5, 2, 0xaa, 0xbb, 7]), 0, true);
    reader.taggedFields();
    expect(reader.int8()).toBe(7);
  });

  it('refuses a varint that does not end', () => {
    expect(() => createReader(Buffer.alloc(20, 0xff), 0, true).nullableString()).toThrow(
      MalformedRequestError,
    );
  });
});
