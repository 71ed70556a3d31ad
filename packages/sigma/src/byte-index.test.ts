import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteIndex } from './byte-index.ts';
import { foldTable } from './value-bytes.ts';

const forms = [
  { cased: false, dashes: false },
  { cased: true, dashes: false },
  { cased: false, dashes: true },
  { cased: true, dashes: true },
];
/** Few letters, so that texts share windows, and bytes that differ in the bits that a search leaves out. */
const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'c', '-', '/', '\r', 'M', 'm'), maxLength });

describe('the byte index', () => {
  it('finds each text that stands in a value, of any length and at any place, and no other', () => {
    const lengths = new Set<number>();
    fc.assert(
      fc.property(
        fc.array(text(12), { minLength: 1, maxLength: 12 }),
        text(60),
        fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 })),
        fc.constantFrom(...forms),
        fc.nat(4),
        (others, value, [from, length], form, room) => {
          // One that stands there, since texts at random rarely do when they are longer than three characters.
          const texts = [...others, value.slice(from, from + length)];
          const fold = foldTable(form);
          const folded = (one: string): string =>
            Buffer.from(Buffer.from(one).map((byte) => fold[byte] ?? 0)).toString();
          const wanted = texts.filter((one) => one !== '').map(folded);
          const index = createByteIndex(
            wanted.map((one, entry) => ({ bytes: new Uint8Array(Buffer.from(one)), entry })),
            fold,
          );
          const bytes = new Uint8Array(value.length + room).subarray(0, value.length);
          bytes.set(Buffer.from(value));
          const found = new Set<number>();
          index?.search(bytes, bytes.length, (entry) => found.add(entry));
          const expected = wanted.flatMap((one, entry) => (folded(value).includes(one) ? [entry] : []));
          expect(Array.from(found).sort((a, b) => a - b)).toEqual(expected);
          for (const entry of expected) lengths.add(wanted[entry]?.length ?? 0);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(Array.from(lengths).sort((a, b) => a - b)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
  });

  it('finds long texts wherever they stand', () => {
    fc.assert(
      fc.property(text(80), fc.nat(70), fc.integer({ min: 1, max: 12 }), (value, from, length) => {
        const wanted = value.slice(from, from + length);
        if (wanted === '') return;
        const fold = foldTable({ cased: true, dashes: false });
        const index = createByteIndex([{ bytes: new Uint8Array(Buffer.from(wanted)), entry: 7 }], fold);
        const found: number[] = [];
        const bytes = new Uint8Array(Buffer.from(value));
        index?.search(bytes, bytes.length, (entry) => found.push(entry));
        expect(found).toContain(7);
      }),
      { numRuns: 3_000 },
    );
  });
});
