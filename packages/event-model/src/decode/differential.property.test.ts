import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import { aRecord, withinBuffer } from '../testing/a-record.ts';
import { differences } from '../testing/compare-batch.ts';
import { hostileEvent, hostileFields } from '../testing/hostile-json.ts';
import { parseReference, referenceEvent } from '../testing/reference-event.ts';
import { sampleEvents } from '../testing/sample-events.ts';
import { createDecoder } from './create-decoder.ts';

/** Decodes an event and compares everything that the batch says of it with the reference. */
function compare(decoder: ReturnType<typeof createDecoder>, text: string, named?: string): void {
  const headers: Record<string, string> = named === undefined ? {} : { 'parapet-source': named };
  const event = referenceEvent(parseReference(text) as object, sourceProfiles, named);
  const { batches, rejected } = decoder.decode([aRecord(withinBuffer(Buffer.from(text)), { headers })]);
  if (event.time === 'outside') {
    expect(rejected.map(({ reason }) => reason)).toEqual(['invalid_time']);
    return;
  }
  expect(rejected).toEqual([]);
  const [batch] = batches;
  expect(batch?.length).toBe(1);
  if (batch !== undefined) expect(differences(batch, 0, event, hostileFields)).toEqual([]);
}

describe('an event is what JSON.parse and a plain walk make of it', { timeout: 120_000 }, () => {
  const numRuns = Number(process.env['PARAPET_RUNS'] || 200);
  const event = hostileEvent(sampleEvents);

  test('with a decoder that has seen nothing', () => {
    fc.assert(
      fc.property(event, (text) => compare(createDecoder({ fields: () => hostileFields }), text)),
      { numRuns: numRuns / 4 },
    );
  });

  test('with a decoder that has seen everything before, in any order', () => {
    const decoder = createDecoder({ fields: () => hostileFields });
    fc.assert(
      fc.property(event, (text) => compare(decoder, text)),
      { numRuns: numRuns * 2 },
    );
  });

  test('when rules read nothing and every field is looked up later', () => {
    const decoder = createDecoder({ fields: () => [] });
    fc.assert(
      fc.property(event, (text) => compare(decoder, text)),
      { numRuns: numRuns / 4 },
    );
  });

  test('when the header names the source', () => {
    const decoder = createDecoder({ fields: () => hostileFields });
    fc.assert(
      fc.property(event, fc.constantFrom(...sourceProfiles.map(({ id }) => id)), (text, id) =>
        compare(decoder, text, id),
      ),
      { numRuns },
    );
  });

  test.each([
    ['a key twice', '{"a":[1],"a":[2]}'],
    ['a key twice, once with an escape', '{"a":[1],"\\u0061":[2],"b":{"a":1},"\\u0062":{"b":2}}'],
    ['a key with an escape', '{"\\u0045ventID":4624,"Channel":"Security"}'],
    ['a key twice within a list', '{"a":[{"b":1,"b":2},{"b":3}],"a.b":4}'],
    ['keys that are whole numbers', '{"b":1,"7":2,"0":{"a":3},"a":4}'],
    [
      'numbers beyond 2^53 with an exponent or a fraction',
      '{"a":[1e20,9007199254740993.0,12345678901234567890]}',
    ],
    ['the same in an event that has to be parsed', '{"a":1e20,"b":-0,"7":1,"0":2}'],
    ['minus zero in a list', '{"a":[-0,0]}'],
    [
      'an empty text written with escapes',
      '{"Channel":"Security","EventID":4624,"TargetUserName":"\\u002d"}',
    ],
    [
      'a port past the range of numbers',
      '{"_path":"conn","uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1e999}',
    ],
    [
      'a path through any key',
      '{"Event":{"System":{"Channel":"System"},"UserData":{"x":{"a":1},"y":{"a":2}}}}',
    ],
    ['a lone surrogate', '{"a":"\\ud800","b":["\\udfff"]}'],
    ['a key of JavaScript objects', '{"__proto__":{"a":1},"constructor":2}'],
  ])('with %s', (_, text) => {
    const decoder = createDecoder({ fields: () => hostileFields });
    compare(decoder, text);
    compare(decoder, text);
    compare(createDecoder({ fields: () => [] }), text);
  });

  test('for the samples of all profiles', () => {
    const decoder = createDecoder({ fields: () => hostileFields });
    for (const sample of sampleEvents) {
      compare(decoder, JSON.stringify(sample));
      compare(decoder, JSON.stringify(sample, null, 2).replaceAll('\n', '\r\n'));
    }
  });
});
