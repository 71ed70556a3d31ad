import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitRecord } from './split-record.ts';

const limits = { maxEventBytes: 1024 * 1024, maxDepth: 64, maxLines: 10_000 };

/** Each segment as its text, or its reason in angle brackets. */
function split(record: string | Uint8Array, overrides: Partial<typeof limits> = {}): string[] {
  const bytes = typeof record === 'string' ? Buffer.from(record) : record;
  return splitRecord(bytes, { ...limits, ...overrides }).map(({ start, end, reason }) =>
    reason === undefined ? Buffer.from(bytes.subarray(start, end)).toString() : `<${reason}>`,
  );
}

const places = (record: string): number[] =>
  splitRecord(Buffer.from(record), limits).map(({ place }) => place);

describe('a record may hold', () => {
  test.each([
    ['one object', '{"a":1}', ['{"a":1}']],
    ['an object with a byte order mark', '\ufeff{"a":1}', ['{"a":1}']],
    [
      'an object over several lines',
      '{\n  "a": [\n    {"b": 1},\n    2\n  ]\n}\n',
      ['{\n  "a": [\n    {"b": 1},\n    2\n  ]\n}'],
    ],
    ['lines of objects', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['lines with carriage returns and blank lines', '{"a":1}\r\n\r\n\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['objects one after another', '{"a":1}{"b":2} {"c":3}', ['{"a":1}', '{"b":2}', '{"c":3}']],
    ['pretty-printed objects one after another', '{\n"a":1\n}\n{\n"b":2\n}', ['{\n"a":1\n}', '{\n"b":2\n}']],
    ['an array of objects', ' [ {"a":1} , {"b":[1,{"c":2}]} ] ', ['{"a":1}', '{"b":[1,{"c":2}]}']],
    ['arrays on lines', '[{"a":1}]\n[{"b":2},{"c":3}]\n', ['{"a":1}', '{"b":2}', '{"c":3}']],
    ["CloudTrail's wrapper", '{ "Records" : [{"a":1},{"b":2}] }\n', ['{"a":1}', '{"b":2}']],
    ['brackets and quotes inside strings', '{"a":"}\\"]{[","b":"\\\\"}', ['{"a":"}\\"]{[","b":"\\\\"}']],
    ['nothing', '', []],
    ['blanks', ' \r\n\t\n', []],
    ['an empty array', '[]', []],
  ])('%s', (_, record, expected) => {
    expect(split(record)).toEqual(expected);
  });
});

describe('what is broken costs itself alone', () => {
  test.each([
    ['a cut line between good ones', '{"a":1}\n{"b":\n{"c":3}', ['{"a":1}', '<invalid_json>', '{"c":3}']],
    [
      'a line that ends inside a string',
      '{"a":1}\n{"b":"x\n{"c":3}',
      ['{"a":1}', '<invalid_json>', '{"c":3}'],
    ],
    ['a line that ends in a backslash', '{"b":"x\\\n{"c":3}', ['<invalid_json>', '{"c":3}']],
    ['a line that ends in a list', '{"b":[\n{"c":3}\n{"d":4}', ['<invalid_json>', '{"c":3}', '{"d":4}']],
    ['a line of text', '{"a":1}\nhello {"x":1}\n{"c":3}', ['{"a":1}', '<invalid_json>', '{"c":3}']],
    ['text after an object', '{"a":1} tail\n{"c":3}', ['<invalid_json>', '{"c":3}']],
    ['a bracket too many', '{"a":1}}\n{"c":3}', ['<invalid_json>', '{"c":3}']],
    ['a broken object over several lines', '{\n"a": 1,\n"b"\n', ['<invalid_json>']],
    [
      'scalars',
      '1\n"two"\nnull\n{"c":3}',
      ['<not_an_object>', '<not_an_object>', '<not_an_object>', '{"c":3}'],
    ],
    [
      'elements that are no objects',
      '[1,{"a":1},[2],"x, ]"]',
      ['<not_an_object>', '{"a":1}', '<not_an_object>', '<not_an_object>'],
    ],
    ['the rest of an array that breaks', '[{"a":1},{"b":2}', ['{"a":1}', '<invalid_json>']],
    ['an array with a missing comma', '[{"a":1} {"b":2}]', ['<invalid_json>']],
    ['a line of text in brackets', '[10:00:00] started\n{"a":1}', ['<invalid_json>', '{"a":1}']],
    [
      'a bracket',
      '{"a":1}\n[\n{"b":2}\n[x\n{"c":3}',
      ['{"a":1}', '<invalid_json>', '{"b":2}', '<invalid_json>', '{"c":3}'],
    ],
    [
      'a string that does not end in an array',
      '[1,\n"x\n{"c":3}',
      ['<not_an_object>', '<invalid_json>', '<invalid_json>', '{"c":3}'],
    ],
    ['a bracket behind an object', '{"a":1}[\n{"b":2}', ['{"a":1}', '<invalid_json>', '{"b":2}']],
    ['an array that is cut before its first comma', '[{"a":1}\n{"b":2}', ['<invalid_json>', '{"b":2}']],
    [
      'an array that is cut behind a comma',
      '[{"a":1},\n{"b":2}\n{"c":3}',
      ['{"a":1}', '<invalid_json>', '{"b":2}', '{"c":3}'],
    ],
    [
      'an element among others on lines of their own',
      '[\n{"a":1},\n{"b":2,\n{"c":3},\n{\n"d":4\n},\n{"e":5} x,\n{"f":6}\n]\n',
      ['{"a":1}', '<invalid_json>', '{"c":3}', '{\n"d":4\n}', '<invalid_json>', '{"f":6}'],
    ],
    [
      'an element within the wrapper',
      '{"Records":[\n{"a":1},\n{"b":2,\n{"c":3}]}\n',
      ['{"a":1}', '<invalid_json>', '{"c":3}'],
    ],
    [
      'a wrapper that breaks at once',
      '{"Records":[10:00] x\n{"n":1}\n{"n":2}\n',
      ['<invalid_json>', '{"n":1}', '{"n":2}'],
    ],
    [
      'an element at the begin of the wrapper',
      '{"Records":[NaN,\n{"n":1},\n{"n":2}\n]}',
      ['<invalid_json>', '{"n":1}', '{"n":2}'],
    ],
    [
      'a wrapper without its last bracket',
      '{"Records":[{"n":0}]\n{"n":1}\n',
      ['{"n":0}', '<invalid_json>', '{"n":1}'],
    ],
    ['nothing behind a wrapper', '{"Records":[{"n":0}]}\n{"n":1}\n', ['{"n":0}', '{"n":1}']],
    [
      'an element at the begin of an array',
      '[\nNaN,\n{"n":1},\n{"n":2}\n]',
      ['<invalid_json>', '<invalid_json>', '{"n":1}', '{"n":2}'],
    ],
    ['a hole of zeros', '{"n":0}\n\0\0\0{"n":1}\n\0\0', ['{"n":0}', '{"n":1}']],
    ['what follows the wrapper', '{"Records":[{"a":1}],"x":1}', ['{"a":1}', '<invalid_json>']],
  ])('%s', (_, record, expected) => {
    expect(split(record)).toEqual(expected);
  });
});

test('lines are counted through blank ones, elements by their index', () => {
  expect(places('{"a":1}\n\n{"b":\n{"c":1}\n')).toEqual([0, 2, 3]);
  expect(places('[{"a":1},\n\n{"b":2}]')).toEqual([0, 1]);
  // Behind an array that breaks there are lines again.
  expect(places('{"a":1}\n[{"b":[\n{"c":1}\n{"d":1}')).toEqual([0, 1, 2, 3]);
  expect(places('[10:00:00]\n{"a":1}\n[x\n{"b":1}')).toEqual([0, 1, 2, 3]);
});

test('an event that is too large, too deep or one too many is refused, those beside it are not', () => {
  expect(split('{"a":"xxxxxxxxxx"}\n{"b":1}', { maxEventBytes: 10 })).toEqual(['<too_large>', '{"b":1}']);
  expect(split('{"a":[[1]]}\n{"b":[1]}', { maxDepth: 2 })).toEqual(['<too_deep>', '{"b":[1]}']);
  expect(split('{"a":1}\n{"b":1}\n{"c":1}', { maxLines: 2 })).toEqual([
    '{"a":1}',
    '{"b":1}',
    '<too_many_lines>',
  ]);
  expect(split('[{"a":1},{"b":1},{"c":1}]', { maxLines: 2 })).toEqual([
    '{"a":1}',
    '{"b":1}',
    '<too_many_lines>',
  ]);
  expect(split('{"Records":[{"a":1},{"b":1}]}', { maxLines: 1 })).toEqual(['{"a":1}', '<too_many_lines>']);
});

test('a million levels of nesting are refused without recursion', () => {
  expect(split('{"a":'.repeat(200_000))).toEqual(['<invalid_json>']);
  expect(split(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n{"b":1}`)).toEqual([
    '<too_deep>',
    '{"b":1}',
  ]);
});

test.each([
  `{"a":[{"b":"${'x'.repeat(100)}"`,
  '{"a":[',
  '{"a":',
  '{"a":"',
  '[',
  '[[',
  '[{',
  '[{"a":1}',
  '[1 ',
])('many lines broken as %s take time in proportion to their bytes', (line) => {
  const lines = `${line}\n`.repeat(Math.ceil(1_000_000 / line.length));
  const started = performance.now();
  const refused = new Set(split(lines, { maxLines: 1_000_000 }));
  expect([...refused].filter((segment) => !/^<(?:invalid_json|too_large)>$/.test(segment))).toEqual([]);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('lines of JSON objects come back as they were, whatever is in them', () => {
  const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  fc.assert(
    fc.property(
      fc.array(object, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n', '\n\n', ' '),
      (events, end) => {
        const texts = events.map((event) => JSON.stringify(event));
        expect(split(texts.join(end))).toEqual(texts);
        expect(split(`[${texts.join(`,${end}`)}]`)).toEqual(texts);
      },
    ),
  );
});

test('whatever the bytes are, segments are in order, inside the record and do not overlap', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '\n',
    ' ',
    '1',
    'a',
    '{"a":1}',
    '\ufeff',
    '\ud83d\ude00',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => Uint8Array.from(Buffer.from(pieces.join('')))),
  );
  fc.assert(
    fc.property(bytes, (record) => {
      let end = 0;
      for (const segment of splitRecord(record, { ...limits, maxDepth: 3, maxLines: 5, maxEventBytes: 20 })) {
        expect(segment.start).toBeGreaterThanOrEqual(end);
        expect(segment.end).toBeGreaterThan(segment.start);
        end = segment.end;
      }
      expect(end).toBeLessThanOrEqual(record.length);
    }),
    { numRuns: 2_000 },
  );
});

test('no byte of a record but blanks is left out', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '\n',
    ' ',
    '1',
    'a',
    '{"a":1}',
    '{"b":[1,2]}',
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 30 }), (pieces) => {
      const record = Buffer.from(pieces.join(''));
      const covered = new Uint8Array(record.length);
      for (const { start, end } of splitRecord(record, limits)) covered.fill(1, start, end);
      const left = Array.from(record, (byte, at) =>
        covered[at] === 1 ? '' : String.fromCharCode(byte),
      ).join('');
      // Brackets and commas of arrays belong to no event.
      expect(left.replaceAll(/[\s,[\]]/g, '')).toBe('');
    }),
    { numRuns: 2_000 },
  );
});
