import { Buffer, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecodedRecords } from '../decoder.ts';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import { aRecord, withinBuffer } from '../testing/a-record.ts';
import { differences } from '../testing/compare-batch.ts';
import { hostileEvent, hostileFields } from '../testing/hostile-json.ts';
import { parseReference, referenceEvent } from '../testing/reference-event.ts';
import { sampleEvents } from '../testing/sample-events.ts';
import { createDecoder } from './create-decoder.ts';

const decoder = createDecoder({ fields: () => hostileFields });
const event = hostileEvent(sampleEvents);
/** On one line, so that nothing of it can be a line of its own. */
const line = event.map((text) => text.replaceAll(/[\r\n]/g, ' '));

const decodeBytes = (bytes: Uint8Array): DecodedRecords => decoder.decode([aRecord(withinBuffer(bytes))]);

/** An object that JSON.parse takes from these bytes, undefined where it takes none. */
function parsed(bytes: Uint8Array): object | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value = parseReference(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Checks that a record of one line is an event exactly when JSON.parse says so, and then the same event. */
function compare(bytes: Uint8Array): void {
  const expected = parsed(bytes);
  const { batches, rejected } = decodeBytes(bytes);
  if (expected === undefined) {
    expect(batches).toEqual([]);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { detail } of rejected) expect(detail).toMatch(/at byte \d+|holds no event/);
    return;
  }
  const reference = referenceEvent(expected, sourceProfiles);
  if (reference.time === 'outside') {
    expect(rejected.map(({ reason }) => reason)).toEqual(['invalid_time']);
    return;
  }
  expect(rejected).toEqual([]);
  const [batch] = batches;
  expect(batch?.length).toBe(1);
  if (batch === undefined) return;
  expect(differences(batch, 0, reference, hostileFields)).toEqual([]);
  expect(Buffer.from(batch.raw(0)).toString().trim()).toBe(Buffer.from(bytes).toString().trim());
}

test('an event that was cut anywhere is no event, and never one with what lies behind it', () => {
  for (const [index, sample] of sampleEvents.entries()) {
    const bytes = Buffer.from(JSON.stringify(sample));
    compare(bytes);
    // Samples are much alike: together they are cut at every place.
    for (let end = index % 11; end < bytes.length; end += 11) {
      const { batches, rejected } = decodeBytes(bytes.subarray(0, end));
      expect(batches).toEqual([]);
      expect(rejected.length).toBe(1);
    }
  }
  fc.assert(
    fc.property(line, fc.nat(), (text, end) => {
      const bytes = Buffer.from(text);
      const { batches, rejected } = decodeBytes(bytes.subarray(0, end % bytes.length));
      expect([batches.length, rejected.length]).toEqual([0, 1]);
    }),
    { numRuns: 250 },
  );
});

test('an event with one byte changed is taken exactly when JSON.parse takes it', () => {
  const byte = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(...Buffer.from('"\\{}[],: \t\r\u0000019-+.eEtfnu/')),
  );
  fc.assert(
    fc.property(line, fc.nat(), byte, (text, place, changed) => {
      const bytes = Buffer.from(text);
      bytes[place % bytes.length] = changed;
      // Lines are events of their own: what a line break cuts in two is another matter.
      fc.pre(changed !== 0x0a && !bytes.includes('"Records"'));
      compare(bytes);
    }),
    { numRuns: 400 },
  );
});

test('bytes that are not UTF-8 are found wherever they are', () => {
  const bad = fc.constantFrom(
    [0xff],
    [0xc3],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0x80],
  );
  fc.assert(
    fc.property(line, fc.nat(), bad, (text, place, bytes) => {
      const whole = Buffer.from(text);
      const at = place % (whole.length + 1);
      compare(Buffer.concat([whole.subarray(0, at), Buffer.from(bytes), whole.subarray(at)]));
    }),
    { numRuns: 250 },
  );
  // In keys that were learned, that were not, and that differ from a learned one by the bad byte alone.
  for (const key of ['Channel', 'never seen before', 'ä']) {
    for (let round = 0; round < 3; round += 1) {
      for (const bytes of [[0xff], [0xc3], [0xe2, 0x82]]) {
        compare(Buffer.concat([Buffer.from(`{"${key}`), Buffer.from(bytes), Buffer.from('":1}')]));
      }
      compare(Buffer.from(`{"${key}":1}`));
    }
  }
});

describe('quotes and escapes', () => {
  const pieces = [
    '"',
    '\\"',
    '\\\\',
    '\\u0022',
    '\\u005c',
    '\\n',
    '\\',
    'é',
    '漢',
    '😀',
    '\u0001',
    '\u007f',
    '\u001f',
    '\\ud83d',
    '\\u12',
  ];
  test('count at every place of a word, before the end of the record and behind it', () => {
    const wrong: string[] = [];
    for (const piece of pieces) {
      for (let before = 0; before < 5; before += 1) {
        for (let after = 0; after < 3; after += 1) {
          const text = `${'x'.repeat(before)}${piece}${'y'.repeat(after)}`;
          for (const json of [
            `{"a":"${text}"}`,
            `{"${text}":1}`,
            `{"a":["${text}"],"b":"${text}"}`,
            `{"a":"${text}`,
          ]) {
            const bytes = Buffer.from(json);
            compare(bytes);
            for (const offset of [0, 1, 2]) {
              const { batches, rejected } = decoder.decode([aRecord(withinBuffer(bytes, offset, '"}'))]);
              const [events, refused] = parsed(bytes) === undefined ? [0, 1] : [1, 0];
              if (batches.length !== events || rejected.length !== refused)
                wrong.push(`${json} at ${offset}`);
            }
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

test('an event is told to have no escape that JSON does not demand only when none of its values has one', () => {
  const coded = (json: string): readonly boolean[] =>
    decodeBytes(Buffer.from(json)).batches.flatMap((batch) =>
      Array.from({ length: batch.length }, (_, row) => batch.lookAtJson(row, (...[, , , told]) => told)),
    );
  expect(coded('{"Channel":"x\\u0041"}')).toEqual([true]);
  expect(coded('{"nobody asks":{"for":["a", "\\u0041"]}}')).toEqual([true]);
  expect(coded('{"Channel":"\\n \\\\u0041","b":"\\\\"}')).toEqual([false]);
  expect(coded('{"Channel":"/\\\\/"}')).toEqual([false]);
  expect(coded('{"Channel":"x\\/"}')).toEqual([true]);
  expect(coded('{"a":"\\u0041"}\n{"a":"b"}\n{"a":"c\\u0041"}')).toEqual([true, false, true]);
  fc.assert(
    fc.property(line, (text) => {
      const values = text.replaceAll(/"(?:[^"\\]|\\.)*"\s*:/g, '').replaceAll('\\\\', '');
      if (coded(text).includes(false)) expect(values).not.toMatch(/\\[u/]/);
    }),
    { numRuns: 500 },
  );
});

describe('records of many events', () => {
  /** What stands between two events, and whether the next one is on another line. */
  const gap = fc.constantFrom('\n', '\r\n', ' \n\n', '\n \t', '', ' ');
  const forms = fc.constantFrom('lines', 'array', 'records', 'marked');

  test('hold the same events in every form', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), gap, forms, (texts, between, form) => {
        const events = texts.filter(
          (text) =>
            !/^\{\s*"Records"/.test(text) &&
            referenceEvent(parseReference(text) as object, sourceProfiles).time !== 'outside',
        );
        fc.pre(events.length > 0);
        const list = `[${between}${events.join(`${between},${between}`)}${between}]`;
        const record = {
          lines: events.join(between),
          marked: `\ufeff${events.join(between)}${between}`,
          array: list,
          records: `{"Records":${list}}`,
        }[form];
        const { batches, rejected } = decodeBytes(Buffer.from(record));
        expect(rejected).toEqual([]);
        const seen: number[] = [];
        for (const batch of batches) {
          for (let row = 0; row < batch.length; row += 1) {
            const number = batch.origin(row).line;
            seen.push(number);
            const text = events[number] ?? '';
            expect(Buffer.from(batch.raw(row)).toString()).toBe(text);
            const reference = referenceEvent(parseReference(text) as object, sourceProfiles);
            expect(differences(batch, row, reference, hostileFields)).toEqual([]);
          }
        }
        expect(seen.sort((a, b) => a - b)).toEqual([...events.keys()]);
      }),
      { numRuns: 300 },
    );
  });

  test('lose the one that is broken and no other, with its line and its place in a file', () => {
    const broken = fc.constantFrom(
      '{"a":',
      '{"a":1 "b"}',
      '{"a":"\\x"}',
      '{"a":"x',
      'text',
      '{"a":1}}',
      '42',
      '{"a":tru}',
      '{a:1}',
      '{"a":"\u0001"}',
      '[',
      '[1',
      '["a"',
      '[x',
      '[{"n":1}',
      '[{"n":1',
      '[2026-01-15 10:00:00] WARN restarted',
    );
    const count = 300;
    fc.assert(
      fc.property(fc.nat(count - 1), broken, fc.nat(3), (place, bad, blank) => {
        const texts = Array.from({ length: count }, (_, index) =>
          index === place ? bad : `{"n":${index},"Channel":"Security","EventID":${4600 + (index % 90)}}`,
        );
        const value = withinBuffer(Buffer.from(texts.join(`\n${'\n'.repeat(blank)}`)));
        const headers = { 'parapet-line': '1' };
        const { batches, rejected } = decoder.decode([aRecord(value, { headers })]);
        expect(rejected.map((one) => [one.line, Buffer.from(one.bytes).toString()])).toEqual([[place, bad]]);
        expect(batches.length).toBe(1);
        const [batch] = batches;
        expect(batch?.length).toBe(count - 1);
        for (let row = 0; row < count - 1; row += 1) {
          const number = batch?.origin(row).line ?? -1;
          expect(number).toBe(row < place ? row : row + 1);
          expect(batch?.lines()[row]).toBe(1 + number * (blank + 1));
          expect(Buffer.from(batch?.raw(row) ?? []).toString()).toBe(texts[number]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

test('events whose keys are ever new leave the decoder as quick to learn as before', () => {
  const own = createDecoder({ fields: () => ['wanted'] });
  for (let round = 0; round < 20; round += 1) {
    const records = Array.from({ length: 50 }, (_, index) => {
      const keys = Array.from({ length: 20 }, (_, key) => `"${round} ${index} ${key}":1`);
      return aRecord(`{${keys.join(',')},"wanted":"${round} ${index}","other":{"wanted":1}}`);
    });
    const [batch] = own.decode(records).batches;
    const column = batch?.field('wanted');
    expect(
      Array.from({ length: 50 }, (_, row) => column?.dictionary.valueOf(column.codes[row] ?? 0)),
    ).toEqual(Array.from({ length: 50 }, (_, index) => `${round} ${index}`));
  }
});
