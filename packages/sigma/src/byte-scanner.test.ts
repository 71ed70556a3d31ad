import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteScanner, createCodedScanner } from './byte-scanner.ts';
import { type Escapes, jsonNeedle } from './json-needle.ts';

const encoder = new TextEncoder();

/** Escapes that JSON does not demand. A backslash that is escaped itself makes none. */
const hasFreeEscape = (json: string): boolean => /\\[u/]/u.test(json.replaceAll('\\\\', ''));

/** Whether the texts may stand in a document that lies among others; undefined when one of them cannot be looked for. */
const scanner = (texts: readonly string[]) => {
  const needlesOf = (escapes: Escapes) =>
    texts.flatMap((text) => jsonNeedle(text.toLowerCase(), escapes) ?? []);
  const [demanded, any] = [needlesOf('demanded'), needlesOf('any')];
  if (demanded.length < texts.length) return undefined;
  const scan = createByteScanner(demanded);
  const scanCoded = any.length < texts.length ? () => true : createCodedScanner(any);
  return (json: string, before = '{}'): boolean => {
    const bytes = encoder.encode(`${before}${json}{"list":["mimikatz"]}`);
    const start = encoder.encode(before).length;
    const end = start + encoder.encode(json).length;
    const may = scanCoded(bytes, start, end);
    // Who knows that nothing is escaped freely is told no more than others, and misses nothing (see the properties).
    if (hasFreeEscape(json)) return may;
    const mayUncoded = scan(bytes, start, end);
    if (!may) expect(mayUncoded).toBe(false);
    return mayUncoded;
  };
};
const piece = fc.constantFrom(
  'abc',
  'Mimikatz',
  'event::',
  'a',
  'é',
  '\\',
  '"',
  '/',
  '<',
  "'",
  '\n',
  ' ',
  'ABD',
  '\u0001',
  'k',
  'clear',
);
const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

/** Writers of JSON escape what they like. */
const writers: readonly ((json: string) => string)[] = [
  (json) => json,
  (json) => json.replaceAll('/', '\\/'),
  (json) => json.replace(/[<'/]/gu, (one) => `\\u00${one.charCodeAt(0).toString(16).toUpperCase()}`),
  (json) =>
    json.replace(/\\\\|\\"/gu, (one) => `\\u00${one.charCodeAt(1).toString(16)}`).replace(/é/gu, '\\u00e9'),
];

const padding = fc.constantFrom('', '{}', '{} ', '[1]\n');

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const partsOf = (text: string, without?: string, escapes: Escapes = 'any') => {
  const needle = jsonNeedle(text, escapes, without);
  return needle && [textOf(needle.before), textOf(needle.run), textOf(needle.after)];
};

const sure = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('cannot be looked for');
  return value;
};

describe('the byte scanner', () => {
  it('never misses a text that stands in a value of the document, however that is escaped', () => {
    const texts = fc.array(value, { minLength: 1, maxLength: 4 });
    const writer = fc.constantFrom(...writers);
    let [told, held] = [0, 0];
    fc.assert(
      fc.property(
        texts,
        fc.array(value, { maxLength: 4 }),
        writer,
        padding,
        fc.boolean(),
        (wanted, others, write, before, stands) => {
          const scan = scanner(wanted);
          if (scan === undefined) return;
          const values = stands ? [...others, `k${wanted[0]}/`] : others;
          const holds = values.some((text) =>
            wanted.some((one) => text.toLowerCase().includes(one.toLowerCase())),
          );
          const may = scan(write(JSON.stringify({ list: values })), before);
          if (holds) {
            held++;
            expect(may).toBe(true);
          }
          if (!may) told++;
        },
      ),
      { numRuns: 4_000 },
    );
    expect(told).toBeGreaterThan(100);
    expect(held).toBeGreaterThan(50);
  });

  it('finds every part of a value that is long enough', () => {
    fc.assert(
      fc.property(value, fc.nat(30), fc.nat(30), fc.constantFrom(...writers), (text, from, length, write) => {
        const scan = scanner([text.slice(from, from + length)]);
        if (scan !== undefined) expect(scan(write(JSON.stringify({ text })))).toBe(true);
      }),
      { numRuns: 4_000 },
    );
  });

  it('takes an escaped letter for any letter', () => {
    const scan = sure(scanner(['mimikatz']));
    expect(scan('{"a":"mimikat\\u007a"}')).toBe(true);
    expect(scan('{"a":"mimikat"}')).toBe(false);
    expect(scan('{"a":"\\u0027mimikat\\u0027"}')).toBe(false);
  });

  it('looks at what stands around the run that it searches for', () => {
    const scan = sure(scanner([' >/var/log/syslog', '\\temp\\run.exe']));
    expect(scan('{"_TRANSPORT":"syslog"}')).toBe(false);
    expect(scan('{"a":"rm /var/log/syslog"}')).toBe(false);
    expect(scan('{"a":"x >/var/log/syslog"}')).toBe(true);
    expect(scan('{"a":"x >\\/var\\/log\\/syslog"}')).toBe(true);
    expect(scan('{"a":"x \\u003e/var/log/syslog"}')).toBe(true);
    expect(scan('{"a":"C:\\\\temp\\\\run.exe"}')).toBe(true);
    expect(scan('{"a":"C:\\\\other\\\\run.exe"}')).toBe(false);
  });

  it.each([
    ['long', (number: number) => `hxxps://evil.example/${number}`],
    [
      'short',
      (number: number) =>
        `zz${String.fromCharCode(97 + (number % 26))}${String.fromCharCode(97 + Math.floor(number / 26))}`,
    ],
  ])('does not go through %s texts that begin alike: any document may hold one', (_, textOf) => {
    const many = scanner(Array.from({ length: 300 }, (_, at) => textOf(at)));
    expect(many?.('{"a":"nothing of it"}')).toBe(true);
    const few = scanner(Array.from({ length: 20 }, (_, at) => textOf(at)));
    expect(few?.('{"a":"nothing of it"}')).toBe(false);
  });

  it('searches for nothing that JSON may write in another way', () => {
    expect(partsOf('ab/cdef"g')).toEqual(['ab/', 'cdef', '"g']);
    for (const number of ['1000', '1e+21', 'e+21', '-0.5E-7']) expect(partsOf(number)).toBeUndefined();
    expect(partsOf('ab')).toBeUndefined();
    expect(partsOf('cat > /127.0.0.1/80')).toEqual(['', 'cat ', '> /127.0.0.1/80']);
    expect(partsOf('é/abcé')).toEqual(['/', 'abc', '']);
    expect(partsOf('a-bcd', '-')).toEqual(['', 'bcd', '']);
    expect(partsOf('cat > /127.0.0.1/80', '', 'demanded')).toEqual(['', 'cat > /127.0.0.1/80', '']);
    expect(partsOf('a/b"cd\\e/f', '', 'demanded')).toEqual(['', 'a/b', '"cd\\e/f']);
  });

  it('misses nothing after it has chosen rarer parts of a text to look for', () => {
    const texts = ['the common end', 'end of the world', 'commons', 'ends', 'world peace and common sense'];
    const scan = sure(scanner(texts));
    // Nearly all of the texts, over and over: what they were first looked for by is met in vain.
    const near = texts.map((text) => text.slice(1)).concat(texts.map((text) => text.slice(0, -1)));
    let told = 0;
    for (let round = 0; round < 20; round++) {
      for (let document = 0; document < 200; document++) {
        const shift = 'x'.repeat(document % 9);
        if (
          !scan(JSON.stringify({ [shift]: near.filter((one) => !texts.some((text) => one.includes(text))) }))
        )
          told++;
      }
      for (const text of texts)
        for (let shift = 0; shift < 9; shift++)
          expect(scan(JSON.stringify({ [`${'x'.repeat(shift)}`]: [...near, text.toUpperCase()] }))).toBe(
            true,
          );
    }
    expect(told).toBe(4_000);
  });
});
