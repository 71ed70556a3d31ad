import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decoder, RawRecord } from '../decoder.ts';
import { aRecord } from '../testing/a-record.ts';
import { hostileEvent, hostileFields } from '../testing/hostile-json.ts';
import { sampleEvents } from '../testing/sample-events.ts';
import { createDecoder } from './create-decoder.ts';

/** Everything a decoder says of some records, by record and event within it. */
function told(decoder: Decoder, calls: readonly (readonly RawRecord[])[]): Map<string, unknown> {
  const all = new Map<string, unknown>();
  for (const records of calls) {
    const { batches, rejected } = decoder.decode(records);
    for (const batch of batches) {
      const columns = [
        ...hostileFields.map((name) => ({ name, column: batch.field(name) })),
        ...batch.attributePaths().map((name) => ({ name: `/${name}`, column: batch.attribute(name) })),
      ];
      for (let row = 0; row < batch.length; row += 1) {
        const { offset, line } = batch.origin(row);
        const values = columns.flatMap(({ name, column }) => {
          const code = column?.codes[row] ?? 0;
          return column === undefined || code === 0 ? [] : [[name, column.dictionary.valueOf(code)]];
        });
        expect(all.has(`${offset}/${line}`)).toBe(false);
        all.set(`${offset}/${line}`, {
          source: batch.source,
          kind: batch.routes[row],
          id: batch.id(row),
          time: batch.times[row],
          received: batch.receivedTimes[row],
          raw: Buffer.from(batch.raw(row)).toString('latin1'),
          line: batch.lines()[row],
          values,
        });
      }
    }
    for (const { record, line, reason, detail, bytes } of rejected) {
      expect(all.has(`${record.offset}/${line}`)).toBe(false);
      all.set(`${record.offset}/${line}`, { reason, detail, bytes: Buffer.from(bytes).toString('latin1') });
    }
  }
  return all;
}

const event = hostileEvent(sampleEvents);
const usual = fc.constantFrom(...sampleEvents).map((sample) => JSON.stringify(sample));
const text = fc.oneof(
  { weight: 6, arbitrary: usual },
  { weight: 3, arbitrary: event },
  { weight: 1, arbitrary: fc.array(usual, { maxLength: 5 }).map((lines) => lines.join('\n')) },
  { weight: 1, arbitrary: fc.array(usual, { maxLength: 3 }).map((lines) => `[${lines.join()}]`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' \n ', '{', '{"a":1}x', '\ufeff{"a":1}', 'null', '{"Records":[{"a":1}]}'),
  },
);
interface Place {
  readonly text: string | null;
  /** Bytes before it; undefined for one that lies in a buffer of its own. */
  readonly gap: number | undefined;
  readonly topic: string;
  readonly source: string | undefined;
  readonly timestamp: number;
}
const aPlace: fc.Arbitrary<Place> = fc.record({
  text: fc.option(text, { freq: 20 }),
  gap: fc.oneof(fc.constantFrom(0, 0, 0, 70, 300), fc.constant(undefined)),
  topic: fc.constantFrom('t', 't', 't', 'named', 'misnamed'),
  source: fc.constantFrom(undefined, undefined, undefined, '', 'generic', 'no-such'),
  timestamp: fc.constantFrom(1_700_000_000_000, 1_700_000_000_000, -1),
});

/** Records of these places; what has no buffer of its own lies in one, in this order or the opposite one. */
function layOut(places: readonly Place[], isReversed: boolean): readonly RawRecord[] {
  const values = places.map(({ text: value }) => (value === null ? null : Buffer.from(value)));
  const together = new Uint8Array(
    places.reduce((sum, { gap = 0 }, index) => sum + gap + (values[index]?.length ?? 0), 64),
  ).fill(0x7d);
  let at = 0;
  const order = [...places.keys()];
  if (isReversed) order.reverse();
  const laid = new Map<number, Uint8Array>();
  for (const index of order) {
    const { gap } = places[index] as (typeof places)[number];
    const value = values[index];
    if (value === null || value === undefined) continue;
    if (gap === undefined) laid.set(index, Uint8Array.from(value));
    else {
      at += gap;
      together.set(value, at);
      laid.set(index, together.subarray(at, at + value.length));
      at += value.length;
    }
  }
  return places.map(({ topic, source, timestamp }, offset) => ({
    ...aRecord(Buffer.alloc(0), { headers: source === undefined ? {} : { 'parapet-source': source } }),
    topicId: topic,
    offset,
    timestamp,
    value: laid.get(offset) ?? null,
  }));
}

const options = {
  fields: () => hostileFields,
  now: () => 1_600_000_000_000,
  sourceByTopic: { named: 'zeek', misnamed: 'no-such' },
};

test('records say the same wherever they lie and whatever is decoded with them', { timeout: 120_000 }, () => {
  const alone = createDecoder(options);
  const together = createDecoder(options);
  fc.assert(
    fc.property(fc.array(aPlace, { maxLength: 40 }), fc.boolean(), (places, isReversed) => {
      const records = layOut(places, isReversed);
      const expected = told(
        alone,
        layOut(
          places.map((place) => ({ ...place, gap: undefined })),
          false,
        ).map((record) => [record]),
      );
      expect(told(together, [records])).toEqual(expected);
    }),
    { numRuns: Number(process.env['PARAPET_RUNS'] || 200) },
  );
});

test('the lines of a long record, of which a piece is read at a time, say what they say alone', {
  timeout: 120_000,
}, () => {
  const line = fc.oneof(
    { weight: 12, arbitrary: usual },
    { weight: 3, arbitrary: event.map((value) => value.replaceAll(/[\r\n]/g, ' ')) },
    { weight: 1, arbitrary: fc.constantFrom('{"a":1}x', `{"a":"${'x'.repeat(3_000)}"}`) },
  );
  // Pieces are 64 KiB longer than an event may be.
  const limits = { maxEventBytes: 2_500, maxLines: 100_000 };
  const long = createDecoder({ ...options, limits });
  const alone = createDecoder({ ...options, limits });
  const saidOf = (told: unknown) => {
    const { id: _id, line: _line, detail: _detail, ...said } = told as Record<string, unknown>;
    return said;
  };
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 70_000, max: 200_000 }),
      (some, size) => {
        const lines: string[] = [];
        for (let bytes = 0; bytes < size; ) {
          const next = some[lines.length % some.length] as string;
          lines.push(next);
          bytes += Buffer.byteLength(next) + 1;
        }
        const expected = some.map((value) => saidOf([...told(alone, [[aRecord(value)]]).values()][0]));
        const found = told(long, [[aRecord(lines.join('\n'))]]);
        expect(found.size).toBe(lines.length);
        for (let index = 0; index < lines.length; index += 1)
          expect(saidOf(found.get(`42/${index}`))).toEqual(expected[index % some.length]);
      },
    ),
    { numRuns: 40 },
  );
});
