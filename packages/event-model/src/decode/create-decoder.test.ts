import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventBatch } from '../columns/event-batch.ts';
import type { RawRecord } from '../decoder.ts';
import { createDecoder, type DecoderOptions } from './create-decoder.ts';

const timestamp = Date.UTC(2026, 0, 15, 9, 0, 0);

function aRecord(value: unknown, overrides: Partial<RawRecord> = {}): RawRecord {
  const bytes =
    value instanceof Uint8Array || value === null
      ? value
      : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { topicId: 'topic', partition: 3, offset: 42, timestamp, value: bytes, headers: {}, ...overrides };
}

const aDecoder = (options: Partial<DecoderOptions> = {}) => createDecoder({ fields: () => [], ...options });

function only(batches: readonly EventBatch[]): EventBatch {
  expect(batches.length).toBe(1);
  return batches[0]!;
}

function fieldOf(batch: EventBatch, row: number, name: string): unknown {
  const column = batch.field(name);
  const code = column?.codes[row] ?? 0;
  return code === 0 ? undefined : column?.dictionary.valueOf(code);
}

describe('what cannot be used is rejected with its reason, and everything around it is decoded', () => {
  const good = { message: 'fine' };
  test.each<[string, unknown, string]>([
    ['a record without a value', null, 'empty_record'],
    ['an empty record', new Uint8Array(), 'empty_record'],
    ['a blank record', ' \n', 'empty_record'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 'invalid_utf8'],
    ['binary', Uint8Array.of(0, 1, 2, 3, 254), 'invalid_utf8'],
    ['text', 'Jan 15 09:30:00 host sshd[1]: hello', 'invalid_json'],
    ['a number', '42', 'not_an_object'],
    ['10,000 levels', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'too_deep'],
    ['two megabytes', { a: 'x'.repeat(2 * 1024 * 1024) }, 'too_large'],
    ['a date in the year 30000', { '@timestamp': '+030000-01-01T00:00:00Z' }, 'invalid_time'],
  ])('%s', (_, value, reason) => {
    const { batches, rejected } = aDecoder().decode([
      aRecord(good, { offset: 1 }),
      aRecord(value, { offset: 2 }),
      aRecord(good, { offset: 3 }),
    ]);
    expect(rejected.map((line) => [line.record.offset, line.line, line.reason])).toEqual([[2, 0, reason]]);
    expect(only(batches).length).toBe(2);
  });

  test('takes no value from the events before it', () => {
    const decoder = aDecoder({ fields: () => ['user'] });
    // From the second call on fields are looked up while their events are read.
    for (const user of ['one', 'two', 'three']) {
      const late = { '@timestamp': '+030000-01-01T00:00:00Z', user: 'late' };
      const { batches, rejected } = decoder.decode([
        aRecord({ user }),
        aRecord(late),
        aRecord({ message: 'fine' }),
      ]);
      expect(rejected.length).toBe(1);
      expect([0, 1].map((row) => fieldOf(only(batches), row, 'user'))).toEqual([user, undefined]);
    }
  });

  test('one bad line of many', () => {
    const { batches, rejected } = aDecoder().decode([aRecord('{"a":1}\n{"a":\n{"a":3}\n')]);
    const batch = only(batches);
    expect([batch.origin(0).line, batch.origin(1).line]).toEqual([0, 2]);
    expect(rejected.map(({ line, reason, bytes }) => [line, reason, Buffer.from(bytes).toString()])).toEqual([
      [1, 'invalid_json', '{"a":'],
    ]);
  });

  test.each([
    ['{"a":1 "hunter2":2}', 'invalid_json', 'The event is not JSON: it breaks at byte 18 of the record.'],
    ['{"a":', 'invalid_json', 'The event is not JSON: it ends too early, at byte 16 of the record.'],
    ['{"a":"\\x"}', 'invalid_json', 'The event is not JSON: it breaks at byte 18 of the record.'],
    ['{"a":1} x', 'invalid_json', 'The event is not JSON: it breaks at byte 19 of the record.'],
    ['hunter2', 'invalid_json', 'The event is not JSON: it breaks at byte 11 of the record.'],
    ['"hunter2', 'invalid_json', 'The event is not JSON: it ends too early, at byte 19 of the record.'],
    ['"hunter2"', 'not_an_object', 'The value at byte 11 of the record is JSON, but not an object.'],
    ['[{},nul]', 'invalid_json', 'The event is not JSON: it ends too early, at byte 18 of the record.'],
    ['[{},[1]]', 'not_an_object', 'The value at byte 15 of the record is JSON, but not an object.'],
    ['[{},{} {}]', 'invalid_json', 'The JSON array breaks at byte 18 of the record.'],
    ['[{},', 'invalid_json', 'The JSON array ends too early, at byte 15 of the record.'],
    ['{"a":[[[[]]]]}', 'too_deep', 'The event nests deeper than 4 levels at byte 19 of the record.'],
    [
      `{"a":"${'x'.repeat(100)}"}`,
      'too_large',
      'The event at byte 11 of the record has 108 bytes; at most 100 are taken.',
    ],
    [
      '{"@timestamp":1e300}',
      'invalid_time',
      'The time in @timestamp of the event at byte 11 of the record is outside 1970-01-01 to 2262-04-11.',
    ],
  ])('%s: with the place in the record, and nothing of what is there', (text, reason, detail) => {
    const decoder = aDecoder({ limits: { maxDepth: 4, maxEventBytes: 100 } });
    const { rejected } = decoder.decode([aRecord(`{"good":1}\n${text}`)]);
    expect(rejected.map((line) => [line.reason, line.detail])).toEqual([[reason, detail]]);
  });

  test('bytes that are no UTF-8, with the first bad byte', () => {
    const value = Buffer.concat([Buffer.from('{"a":"ä'), Buffer.of(0xc3, 0x28), Buffer.from('"}')]);
    expect(aDecoder().decode([aRecord(value)]).rejected[0]).toMatchObject({
      reason: 'invalid_utf8',
      detail: 'The event is not UTF-8 text: it breaks at byte 8 of the record.',
    });
  });

  test('a header that names no source', () => {
    const { rejected } = aDecoder().decode([aRecord(good, { headers: { 'parapet-source': 'nope' } })]);
    expect(rejected[0]).toMatchObject({
      reason: 'unknown_source',
      detail: 'No source profile is called "nope".',
    });
  });
});

describe('the source of an event', () => {
  const event = { EventID: 1, Channel: 'Security' };
  test('is recognised', () => {
    expect(only(aDecoder().decode([aRecord(event)]).batches).source).toBe('windows-security');
  });
  test('is what its topic is configured to hold', () => {
    const decoder = aDecoder({ sourceByTopic: { topic: 'generic' } });
    expect(only(decoder.decode([aRecord(event)]).batches).source).toBe('generic');
  });
  test('is what the header of its record says, before all else', () => {
    const decoder = aDecoder({ sourceByTopic: { topic: 'generic' } });
    const record = aRecord(event, { headers: { 'parapet-source': 'zeek' } });
    expect(only(decoder.decode([record]).batches).source).toBe('zeek');
  });
  test('makes batches of their own', () => {
    const { batches } = aDecoder().decode([
      aRecord(event),
      aRecord({ x: 1 }, { offset: 43 }),
      aRecord(event, { offset: 44 }),
    ]);
    expect(batches.map((batch) => [batch.source, batch.length])).toEqual([
      ['windows-security', 2],
      ['generic', 1],
    ]);
  });
});

describe('fields', () => {
  const fields = () => ['id.orig_h', 'a.b', 'list', 'people.name', 'whole', 'gone', 'zero', 'nothing'];
  const decode = (event: unknown): EventBatch =>
    only(aDecoder({ fields, sourceByTopic: { topic: 'generic' } }).decode([aRecord(event)]).batches);

  test('are found nested and under a key with dots', () => {
    expect(fieldOf(decode({ id: { orig_h: 'x' } }), 0, 'id.orig_h')).toBe('x');
    expect(fieldOf(decode({ 'id.orig_h': 'x' }), 0, 'id.orig_h')).toBe('x');
  });
  test('are lists where the event has lists, also on the way', () => {
    expect(fieldOf(decode({ list: [1, ['x', null]] }), 0, 'list')).toEqual([1, 'x', null]);
    expect(fieldOf(decode({ people: [{ name: 'a' }, { name: 'b' }, 7] }), 0, 'people.name')).toEqual([
      'a',
      'b',
    ]);
  });
  test('that are objects are their JSON text', () => {
    expect(fieldOf(decode({ whole: { x: [1] } }), 0, 'whole')).toBe('{"x":[1]}');
  });
  test('that are absent have no column, null and 0 and empty text are values', () => {
    const batch = decode({ zero: 0, nothing: null });
    expect(batch.field('gone')).toBeUndefined();
    expect(fieldOf(batch, 0, 'zero')).toBe(0);
    expect(fieldOf(batch, 0, 'nothing')).toBeNull();
  });
  test('that nobody announced are found all the same', () => {
    const batch = decode({ surprise: { deep: 'x' }, other: 1 });
    expect(fieldOf(batch, 0, 'surprise.deep')).toBe('x');
    expect(batch.field('surprise.shallow')).toBeUndefined();
    expect(fieldOf(decode({ '@timestamp': '2026-01-15T09:00:00Z' }), 0, '@timestamp')).toBe(
      '2026-01-15T09:00:00Z',
    );
  });
  test('named like parts of JavaScript objects are fields like others', () => {
    const batch = only(
      aDecoder({
        fields: () => ['__proto__', 'constructor', 'toString'],
        sourceByTopic: { topic: 'generic' },
      }).decode([aRecord('{"__proto__":"p","constructor":"c"}')]).batches,
    );
    expect([
      fieldOf(batch, 0, '__proto__'),
      fieldOf(batch, 0, 'constructor'),
      fieldOf(batch, 0, 'toString'),
    ]).toEqual(['p', 'c', undefined]);
  });
});

describe('a batch', () => {
  test('gives each event its origin, its bytes, its place in a file and all its scalars', () => {
    const headers = { 'parapet-file': 'a.ndjson', 'parapet-line': '10' };
    const batch = only(aDecoder().decode([aRecord('{"a":1}\n\n{"b":["x",true]}', { headers })]).batches);
    expect(batch.origin(1)).toEqual({ topicId: 'topic', partition: 3, offset: 42, line: 1 });
    expect(Buffer.from(batch.raw(1)).toString()).toBe('{"b":["x",true]}');
    expect(batch.files()).toEqual(['a.ndjson', 'a.ndjson']);
    expect(batch.lines()).toEqual([10, 12]);
    expect([...batch.values(1)]).toEqual(['x', true]);
  });

  test('has dictionaries of its own when the decoder forgot those before, which say so when they are asked', () => {
    const decoder = aDecoder({ fields: () => ['a'], limits: { maxDictionaryBytes: 100 } });
    const first = only(decoder.decode([aRecord({ a: 'x'.repeat(200), host: 'h1' })]).batches);
    const before = first.field('a')?.dictionary;
    expect([fieldOf(first, 0, 'a'), first.attributeValue(0, 'device.hostname')]).toEqual([
      'x'.repeat(200),
      'h1',
    ]);
    const second = only(decoder.decode([aRecord({ a: 'y', host: 'h2' })]).batches);
    expect(second.field('a')?.dictionary === before).toBe(false);
    expect(() => before?.valueOf(1)).toThrow('no longer valid');
    expect([fieldOf(second, 0, 'a'), second.attributeValue(0, 'device.hostname')]).toEqual(['y', 'h2']);
  });

  test('is nothing of the next decoder that has the memory of one that was closed', () => {
    const first = aDecoder({ fields: () => ['a', 'b'] });
    only(first.decode([aRecord({ a: 'x', b: ['y', 'z'] })]).batches).field('a');
    const { memoryBytes } = first;
    first.close();
    first.close();
    expect(() => first.decode([])).toThrow('The decoder was closed.');
    const second = aDecoder({ fields: () => ['b', 'a'] });
    expect(second.memoryBytes).toBe(memoryBytes);
    const batch = only(second.decode([aRecord({ b: 'w' }), aRecord({ a: 'v', c: 1 })]).batches);
    expect([fieldOf(batch, 0, 'a'), fieldOf(batch, 0, 'b')]).toEqual([undefined, 'w']);
    expect([fieldOf(batch, 1, 'a'), fieldOf(batch, 1, 'b')]).toEqual(['v', undefined]);
  });

  test('shares the dictionaries of the batches before it while they are small', () => {
    const decoder = aDecoder({ fields: () => ['a'] });
    const first = only(decoder.decode([aRecord({ a: 'x' })]).batches).field('a');
    const codes = [...(first?.codes ?? [])];
    const second = only(decoder.decode([aRecord({ a: 'x' })]).batches).field('a');
    expect(first?.dictionary).toBe(second?.dictionary);
    expect(codes).toEqual([...(second?.codes ?? [])]);
  });

  test.each(['decodes again', 'is closed'])('tells nothing of other events once its decoder %s', (what) => {
    const decoder = aDecoder({ fields: () => ['a'] });
    const batch = only(decoder.decode([aRecord({ a: 'x', message: 'm' })]).batches);
    if (what === 'is closed') decoder.close();
    const other = what === 'is closed' ? aDecoder({ fields: () => ['a'] }) : decoder;
    other.decode([aRecord({ a: 'y' })]);
    for (const ask of [
      () => batch.field('a'),
      () => batch.attribute('message'),
      () => batch.raw(0),
      () => batch.id(0),
      () => batch.origin(0),
      () => batch.values(0),
      () => batch.lookAtJson(0, () => true),
    ])
      expect(ask).toThrow('The batch is no longer valid');
  });

  test('of ever new values leaves no more than the bound behind', () => {
    const decoder = aDecoder({ fields: () => ['a', 'b'], limits: { maxTotalDictionaryBytes: 50_000 } });
    for (let round = 0; round < 50; round += 1) {
      const records = Array.from({ length: 20 }, (_, n) =>
        aRecord({ a: `${round} ${n} ${'x'.repeat(200)}`, b: `${round} ${n}` }),
      );
      const batch = only(decoder.decode(records).batches);
      expect(batch.field('a')?.dictionary.size).toBeLessThan(250);
    }
  });
});

describe('times and ids', () => {
  test("an event without a time has its record's, and the clock's when that has none either", () => {
    const decoder = aDecoder({ now: () => 5 });
    expect(only(decoder.decode([aRecord({ a: 1 })]).batches).times[0]).toBe(timestamp);
    expect(only(decoder.decode([aRecord({ a: 1 }, { timestamp: -1 })]).batches).times[0]).toBe(5);
    expect(only(decoder.decode([aRecord({ '@timestamp': 'soon', ts: 1768469400 })]).batches).times[0]).toBe(
      1_768_469_400_000,
    );
  });

  test('a replay makes the same ids, whatever batch an event is in and whatever the time is', () => {
    const event = fc.record({
      '@timestamp': fc.option(
        fc
          .date({ min: new Date(0), max: new Date(2e12), noInvalidDate: true })
          .map((date) => date.toISOString()),
      ),
      a: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 10 }), fc.nat(), (events, now) => {
        const records = events.map((value, offset) =>
          aRecord(value, { offset, timestamp: offset % 2 === 0 ? timestamp : -1 }),
        );
        const atOnce = only(aDecoder({ now: () => now }).decode(records).batches);
        const decoder = aDecoder();
        const ids = records.map((record) => only(decoder.decode([record]).batches).id(0));
        expect(records.map((_, row) => atOnce.id(row))).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test('ids sort by time, differ by topic, partition, offset and line, and are short', () => {
    const id = (time: string, overrides: Partial<RawRecord> = {}): string =>
      only(aDecoder().decode([aRecord({ '@timestamp': time }, overrides)]).batches).id(0);
    const early = id('1970-01-01T00:00:01Z');
    const late = id('2261-12-31T00:00:00Z');
    expect(early < late).toBe(true);
    const same = '2026-01-15T09:00:00Z';
    const ids = [
      id(same),
      id(same, { topicId: 'other' }),
      id(same, { partition: 4 }),
      id(same, { offset: 43 }),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(id(same, { partition: 2 ** 31 - 1, offset: Number.MAX_SAFE_INTEGER }).length).toBeLessThanOrEqual(
      40,
    );
  });
});

test('hostile records never make the decoder throw, and every event or rejection has its place', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '\\u',
    ',',
    ':',
    '\n',
    '1',
    '{"EventID":',
    '"Channel":"Security"',
    '"ts":',
    '1e999',
    '"__proto__":',
    'null',
    '\ud800',
    '\u0000',
  );
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc
      .dictionary(
        fc.constantFrom(
          'EventID',
          'Channel',
          'ts',
          'uid',
          'type',
          'msg',
          'eventName',
          '@timestamp',
          '__proto__',
          'status',
        ),
        fc.jsonValue(),
      )
      .map((event) => Buffer.from(JSON.stringify(event))),
    fc.constant(null),
  );
  const headers = fc.dictionary(
    fc.constantFrom('parapet-source', 'parapet-line', 'parapet-file', '__proto__'),
    fc.string(),
  );
  const decoder = aDecoder({
    fields: () => ['EventID', 'a.b', '__proto__'],
    limits: { maxDictionaryBytes: 500 },
  });
  fc.assert(
    fc.property(fc.array(fc.record({ value, headers }), { maxLength: 5 }), (records) => {
      const { batches, rejected } = decoder.decode(
        records.map(({ value: bytes, headers: given }, offset) => aRecord(bytes, { offset, headers: given })),
      );
      const places = rejected.map(({ record, line }) => `${record.offset} ${line}`);
      for (const batch of batches) {
        for (let row = 0; row < batch.length; row += 1) {
          const { offset, line } = batch.origin(row);
          places.push(`${offset} ${line}`);
          expect(Number.isFinite(batch.times[row])).toBe(true);
          JSON.parse(Buffer.from(batch.raw(row)).toString());
        }
        for (const path of batch.attributePaths()) batch.attributeValue(0, path);
      }
      expect(new Set(places).size).toBe(places.length);
      for (const offset of records.keys())
        expect(places.some((place) => place.startsWith(`${offset} `))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('a call reads what stands in the bytes now, also where other events stood before', () => {
  const decoder = aDecoder({ fields: () => [] });
  const user = (name: string) =>
    JSON.stringify({
      __REALTIME_TIMESTAMP: '1767225600000000',
      _HOSTNAME: 'h',
      SYSLOG_IDENTIFIER: 'sshd',
      _TRANSPORT: 'syslog',
      MESSAGE: `Failed password for ${name} from 192.0.2.1 port 22 ssh2`,
    });
  const bytes = Buffer.alloc(user('aaaa').length);
  for (const name of ['aaaa', 'bbbb']) {
    bytes.write(user(name));
    expect(only(decoder.decode([aRecord(bytes)]).batches).attributeValue(0, 'user.name')).toBe(name);
  }
});
