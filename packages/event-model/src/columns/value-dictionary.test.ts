import { Buffer, isAscii } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf, tokenKinds, tokenSource } from '../decode/json-token.ts';
import type { Scalar } from '../field-value.ts';
import { normalizeAddress } from '../normalize-address.ts';
import { createValueDictionary } from './value-dictionary.ts';

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('\ud800', '"', '\\', '\u0000', '-', '', '(empty)', '{}', '1e20', '12345678901234567890'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e20, -1e20, 2 ** 53, 2 ** 53 + 2, 1e21, 5e-324, Number.MAX_VALUE),
  fc.boolean(),
  fc.constant(null),
);

/** A string as a JSON text between quotes, every character escaped or none that need not be. */
const written = (text: string, isEscaped: boolean): string =>
  isEscaped
    ? Array.from(
        { length: text.length },
        (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
      ).join('')
    : JSON.stringify(text).slice(1, -1);

const codeOfText = (dictionary: ReturnType<typeof createValueDictionary>, text: string): number => {
  const source = tokenSource(Buffer.from(`${text}    `));
  return dictionary.codeOfToken(
    source,
    text.includes('\\') ? tokenKinds.escaped : tokenKinds.plain,
    0,
    source.bytes.length - 4,
  );
};

test('each value has a code, and the code the value, however many there are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 4 })), { maxLength: 200 }),
      (values) => {
        const dictionary = createValueDictionary();
        const codes = values.map((value) => dictionary.codeOf(value));
        for (const [index, value] of values.entries()) {
          const code = codes[index] ?? 0;
          expect(dictionary.valueOf(code)).toStrictEqual(value);
          expect(dictionary.codeOf(value)).toBe(code);
        }
        expect(dictionary.size).toBe(new Set(codes).size + 1);
        expect(dictionary.asked).toBe(values.length * 2);
      },
    ),
  );
});

test('a code that was not given out is a fault', () => {
  const dictionary = createValueDictionary();
  dictionary.codeOf('x');
  for (const code of [0, 2, -1]) expect(() => dictionary.valueOf(code)).toThrow(RangeError);
});

test('a text is copied when it is ASCII and fits, escaped or not', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'binary' })),
      fc.boolean(),
      fc.nat(12),
      (text, isEscaped, room) => {
        const dictionary = createValueDictionary();
        const code = codeOfText(dictionary, written(text, isEscaped));
        const target = new Uint8Array(room).fill(0xee);
        const length = dictionary.copyAscii(code, target);
        const fits = isAscii(Buffer.from(text)) && text.length <= room;
        expect(length).toBe(fits ? text.length : -1);
        if (fits)
          expect(Buffer.from(target.subarray(0, length)).toString('latin1')).toBe(dictionary.valueOf(code));
      },
    ),
    { numRuns: 1_000 },
  );
  const dictionary = createValueDictionary();
  for (const value of [1, true, null, ['x']])
    expect(dictionary.copyAscii(dictionary.codeOf(value), new Uint8Array(9))).toBe(-1);
});

describe('a value is copied to another dictionary as it is written', () => {
  const copy = (text: string, kind: number, what: 'values' | 'numbers'): unknown => {
    const from = createValueDictionary();
    const to = createValueDictionary();
    const source = tokenSource(Buffer.from(`${text}    `));
    const code = from.copyTo(to, from.codeOfToken(source, kind, 0, text.length), what);
    return code > 0 ? to.valueOf(code) : code;
  };
  const { plain, escaped, number, list, object } = tokenKinds;
  test.each<[string, number, 'values' | 'numbers', unknown]>([
    ['x', plain, 'values', 'x'],
    ['x', plain, 'numbers', -1],
    ['-', plain, 'values', 0],
    ['', plain, 'values', 0],
    ['(empty)', plain, 'values', 0],
    ['\\u002d', escaped, 'values', 0],
    ['\\u0028\\u0065\\u006d\\u0070\\u0074\\u0079\\u0029', escaped, 'values', 0],
    ['\\u002e', escaped, 'values', '.'],
    ['null', tokenKinds.null, 'values', 0],
    ['12', number, 'values', 12],
    ['12', number, 'numbers', 12],
    ['-0', number, 'numbers', -0],
    ['1e999', number, 'values', '1e999'],
    ['1e999', number, 'numbers', -1],
    ['12345678901234567890', number, 'numbers', -1],
    ['1,2', list, 'values', -1],
    ['{"a": 1}', object, 'values', '{"a":1}'],
  ])('%j of kind %i as %s: %j', (text, kind, what, expected) => {
    expect(copy(text, kind, what)).toBe(expected);
  });
});

test('texts that differ in the last bytes of words have hashes that do', () => {
  const hashes = new Set<number>();
  const bytes = Buffer.alloc(16, 'x');
  const source = tokenSource(bytes);
  const letters = Array.from({ length: 10 }, (_, letter) => 0x61 + letter);
  for (const one of letters)
    for (const two of letters)
      for (const three of letters)
        for (const four of letters) {
          [bytes[3], bytes[7], bytes[11], bytes[15]] = [one, two, three, four];
          hashes.add(hashOf(source, 0, 16));
        }
  expect(hashes.size).toBeGreaterThan(9_900);
});

test('texts made to collide cost codes, never values', () => {
  // Their hashes agree in the bits that choose the slot.
  const texts: string[] = [];
  let wanted: number | undefined;
  for (let index = 0; texts.length < 100; index += 1) {
    const text = `t${index}`;
    const bits = hashOf(tokenSource(Buffer.from(`${text}    `)), 0, text.length) & 0xfff;
    wanted ??= bits;
    if (bits === wanted) texts.push(text);
  }
  const dictionary = createValueDictionary();
  const first = texts.map((text) => codeOfText(dictionary, text));
  const again = texts.map((text) => codeOfText(dictionary, text));
  expect(first.map((code) => dictionary.valueOf(code))).toEqual(texts);
  expect(again.map((code) => dictionary.valueOf(code))).toEqual(texts);
  expect(again).not.toEqual(first);
  expect(dictionary.size).toBeGreaterThan(texts.length + 1);
});

test('what it holds is counted, and grows with what is put in', () => {
  const dictionary = createValueDictionary();
  const empty = dictionary.bytes;
  for (let index = 0; index < 1_000; index += 1) dictionary.codeOf(`${index} ${'x'.repeat(100)}`);
  expect(dictionary.bytes).toBeGreaterThan(empty + 100_000);
  expect(dictionary.bytes).toBeLessThan(600_000);
});

test.each([
  ['10.0.0.1', true],
  ['255.255.255.255', true],
  ['0.0.0.0', true],
  ['256.1.1.1', false],
  ['01.2.3.4', false],
  ['1.2.3', false],
  ['1.2.3.4.5', false],
  ['1..2.3', false],
  ['1.2.3.', false],
  ['1.2.3.4 ', false],
  ['::ffff:1.2.3.4', false],
  ['1.2.3.4:80', false],
])('the address %s is copied as it is written: %s', (text, isCopied) => {
  const from = createValueDictionary();
  const to = createValueDictionary();
  const code = from.copyTo(to, from.codeOf(text), 'addresses');
  expect(code !== -1).toBe(isCopied);
  if (isCopied) expect(to.valueOf(code)).toBe(normalizeAddress(text));
});
