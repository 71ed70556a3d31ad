import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteScanner } from './byte-scanner.ts';
import { type JsonNeedle, jsonNeedle } from './json-needle.ts';

const encoder = new TextEncoder();

/** Whether the needles may stand in a document that lies among others. */
const scanner = (needles: readonly JsonNeedle[]) => {
  const scan = createByteScanner(needles);
  return (json: string, before = '{}'): boolean => {
    const bytes = encoder.encode(`${before}${json}{"list":["mimikatz"]}`);
    const start = encoder.encode(before).length;
    const end = start + encoder.encode(json).length;
    const may = scan(bytes, start, end);
    // Who knows that nothing is escaped in digits is told no more than others, and misses nothing (see the properties).
    if (json.includes('\\u')) return may;
    const mayUncoded = scan(bytes, start, end, false);
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

const needlesOf = (texts: readonly string[]) => texts.flatMap((text) => jsonNeedle(text.toLowerCase()) ?? []);

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const partsOf = (text: string, without?: string) => {
  const needle = jsonNeedle(text, without);
  return needle && [textOf(needle.before), textOf(needle.run), textOf(needle.after)];
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
          const needles = needlesOf(wanted);
          if (needles.length < wanted.length) return;
          const values = stands ? [...others, `k${wanted[0]}/`] : others;
          const holds = values.some((text) =>
            wanted.some((one) => text.toLowerCase().includes(one.toLowerCase())),
          );
          const may = scanner(needles)(write(JSON.stringify({ list: values })), before);
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
        const needles = needlesOf([text.slice(from, from + length)]);
        if (needles.length === 0) return;
        expect(scanner(needles)(write(JSON.stringify({ text })))).toBe(true);
      }),
      { numRuns: 4_000 },
    );
  });

  it('takes an escaped letter for any letter', () => {
    const scan = scanner(needlesOf(['mimikatz']));
    expect(scan('{"a":"mimikat\\u007a"}')).toBe(true);
    expect(scan('{"a":"mimikat"}')).toBe(false);
    expect(scan('{"a":"\\u0027mimikat\\u0027"}')).toBe(false);
  });

  it('looks at what stands around the run that it searches for', () => {
    const scan = scanner(needlesOf([' >/var/log/syslog', '\\temp\\run.exe']));
    expect(scan('{"_TRANSPORT":"syslog"}')).toBe(false);
    expect(scan('{"a":"rm /var/log/syslog"}')).toBe(false);
    expect(scan('{"a":"x >/var/log/syslog"}')).toBe(true);
    expect(scan('{"a":"x >\\/var\\/log\\/syslog"}')).toBe(true);
    expect(scan('{"a":"x \\u003e/var/log/syslog"}')).toBe(true);
    expect(scan('{"a":"C:\\\\temp\\\\run.exe"}')).toBe(true);
    expect(scan('{"a":"C:\\\\other\\\\run.exe"}')).toBe(false);
  });

  it('searches for nothing that JSON may write in another way', () => {
    expect(partsOf('ab/cdef"g')).toEqual(['ab/', 'cdef', '"g']);
    expect(partsOf('1000')).toBeUndefined();
    expect(partsOf('ab')).toBeUndefined();
    expect(partsOf('cat > /127.0.0.1/80')).toEqual(['', 'cat ', '> /127.0.0.1/80']);
    expect(partsOf('é/abcé')).toEqual(['/', 'abc', '']);
    expect(partsOf('a-bcd', '-')).toEqual(['', 'bcd', '']);
  });
});
