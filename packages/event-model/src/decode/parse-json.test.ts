import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

/** Keys of which one is how another begins when it is written with escapes. */
const keys = [
  '\\',
  'a\\',
  'a',
  ' ',
  'a ',
  '"',
  'a"',
  '\n',
  'u',
  'u0020',
  '\\u',
  'k0',
  'k_0',
  '__proto__',
  '\ud800',
];
const object = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constantFrom('\\', 'x":', 1, null), tie('object')),
  object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 6 }),
})).object;

/** A text for a value, in which some characters of strings are written as escapes that need not be. */
function written(value: unknown, escapes: () => boolean): string {
  if (Array.isArray(value)) return `[${value.map((element) => written(element, escapes)).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, member]) => `${written(key, escapes)} :${written(member, escapes)}`)
      .join(',')}}`;
  if (typeof value !== 'string') return JSON.stringify(value);
  const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
  const parts = units.map((unit) =>
    escapes() || unit < 0x20 || unit === 0x22 || unit === 0x5c
      ? `\\u${unit.toString(16).padStart(4, '0')}`
      : String.fromCharCode(unit),
  );
  return `"${parts.join('')}"`;
}

test('a key with an escape is not taken for one that was parsed before', () => {
  parseJson('{"a":0,"\\\\":1}');
  expect(parseJson('{"a":0,"\\u0020":1}')).toEqual({ a: 0, ' ': 1 });
});

test('every key is what it was written for, however it was written and whatever was parsed before', () => {
  fc.assert(
    fc.property(fc.array(object, { maxLength: 4 }), fc.gen(), (objects, draw) => {
      const escapes = (): boolean => draw(fc.boolean);
      for (const value of objects) {
        const parsed = parseJson(written(value, escapes)) as object;
        expect(parsed).toEqual(value);
        expect(JSON.stringify(parsed)).toBe(JSON.stringify(value));
      }
    }),
  );
});

test('equal keys are one, however each of them is written, and the last value counts', () => {
  expect(parseJson('{"a":1,"\\u0061":2,"b":3}')).toEqual({ a: 2, b: 3 });
  expect(parseJson('{"\\u0022":1,"\\"":2}')).toEqual({ '"': 2 });
});

describe('numbers that a double cannot hold', () => {
  test('are their own text, beside keys with escapes too', () => {
    expect(parseJson('{"\\n":12345678901234567890,"k0":[1e400]}')).toEqual({
      '\n': '12345678901234567890',
      k0: ['1e400'],
    });
  });
});

test('what is no JSON is refused as JSON.parse refuses it', () => {
  expect(() => parseJson('{"\\u00":1}')).toThrow(SyntaxError);
});
