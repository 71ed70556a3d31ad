import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlainJson } from '../testing/plain-json.ts';
import { parseEvent, scalarsOf } from './parse-event.ts';

const parse = (text: string | Uint8Array): ReturnType<typeof parseEvent> =>
  parseEvent(typeof text === 'string' ? Buffer.from(text) : text);

test('an object is what its text says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (event) => {
      const text = JSON.stringify(event);
      // Whole numbers that a double cannot hold are another matter; see below.
      fc.pre(!/\d{16}/.test(text));
      expect(parse(text)).toEqual({ event: readPlainJson(text) });
    }),
  );
});

test('of a key that occurs twice the last value counts', () => {
  expect(parse('{"a":1,"b":2,"a":3}')).toEqual({ event: { a: 3, b: 2 } });
});

test('whole numbers that a double cannot hold, and numbers past its range, are kept as text', () => {
  expect(
    parse('{"id":12345678901234567890,"k":-9187343239835811840,"big":1e400,"ok":9007199254740991,"f":0.1}'),
  ).toEqual({
    event: {
      id: '12345678901234567890',
      k: '-9187343239835811840',
      big: '1e400',
      ok: 9007199254740991,
      f: 0.1,
    },
  });
});

test('keys that mean something to JavaScript are keys like others', () => {
  const { event } = parse('{"__proto__":{"polluted":true},"constructor":1,"n":12345678901234567890}') as {
    event: object;
  };
  expect(Object.keys(event)).toEqual(['__proto__', 'constructor', 'n']);
  expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('lone surrogates written as escapes are accepted', () => {
  expect(parse('{"a":"\\ud800"}')).toEqual({ event: { a: '\ud800' } });
});

describe('is refused:', () => {
  test.each([
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xc3, 0x28), Buffer.from('"}')]),
      'invalid_utf8',
    ],
    [
      'an overlong encoding',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xc0, 0xaf), Buffer.from('"}')]),
      'invalid_utf8',
    ],
    [
      'an encoded surrogate',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')]),
      'invalid_utf8',
    ],
    ['a missing comma', Buffer.from('{"a":1 "secret":2}'), 'invalid_json'],
    ['a control character in a string', Buffer.from('{"a":"\u0001"}'), 'invalid_json'],
    ['an array', Buffer.from('[1]'), 'not_an_object'],
    ['null', Buffer.from('null'), 'not_an_object'],
  ])('%s', (_, bytes, reason) => {
    expect(parse(bytes)).toMatchObject({ event: undefined, reason });
  });
});

test('what is said of a refused event does not quote it', () => {
  const refused = parseEvent(Buffer.from('{"password":"hunter2" "x"}'), 100);
  expect(refused).toMatchObject({ detail: 'The event is not JSON: it breaks at byte 122 of the record.' });
});

test('every scalar is found, wherever it is', () => {
  expect([...scalarsOf({ a: 1, b: ['x', [null, { c: true }]], d: {} })]).toEqual([1, 'x', null, true]);
});
