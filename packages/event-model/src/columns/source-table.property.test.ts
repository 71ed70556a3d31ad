import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../decode/create-decoder.ts';
import type { Decoder, DecoderLimits } from '../decoder.ts';
import type { SourceProfile } from '../source-profile.ts';
import { aRecord } from '../testing/a-record.ts';
import { differences } from '../testing/compare-batch.ts';
import { parseReference, referenceEvent } from '../testing/reference-event.ts';
import type { EventBatch } from './event-batch.ts';

/** Kinds whose attributes come from other fields, with a constant at the end, so that one column has values from all. */
const profile: SourceProfile = {
  id: 'mixed',
  product: { name: 'Mixed' },
  shapes: [
    {
      id: 'only',
      when: [],
      prefixes: ['', 'data.'],
      aliases: { message: [{ path: 'line', as: 'syslogMessage' }, 'text'] },
    },
  ],
  time: [
    { field: 'when', format: 'iso' },
    { field: 'a', format: 'epoch' },
  ],
  attributes: {
    'any.value': ['a', 'b', { value: 'neither' }],
    'any.number': [{ field: 'a', as: 'number' }, { field: 'b', as: 'number' }, 'c'],
    'any.lower': { field: 'b', as: 'lower' },
    'any.joined': { joined: ['a', 'b', 'c'] },
    'any.message': 'message',
  },
  kinds: [
    {
      when: [{ field: 'kind', is: ['one'] }],
      logSources: [{ product: 'one' }],
      class: 'baseEvent',
      activity: [0, 'x'],
      attributes: {
        'any.value': 'b',
        'any.mapped': { field: 'a', map: { x1: 'first' }, otherwise: 'other' },
      },
    },
    {
      when: [{ field: 'kind', is: ['two'] }],
      logSources: [{ product: 'two' }],
      class: 'baseEvent',
      activity: [0, 'x'],
      attributes: { 'any.value': ['c', 'a'], 'any.mapped': { field: 'b', as: 'account' } },
    },
    { when: [], logSources: [{ product: 'rest' }], class: 'baseEvent', activity: [0, 'x'] },
  ],
};
const fields = ['a', 'b', 'c', 'kind', 'message', 'when', 'd'];

const decoderOf = (limits: Partial<DecoderLimits> = {}): Decoder =>
  createDecoder({ profiles: [profile], fields: () => ['a', 'd', 'kind'], limits });

/** A value that comes once or often, in all forms of JSON. */
function valueText(seed: number, isDistinct: boolean): string {
  const number = isDistinct ? seed : seed % 7;
  return (
    [
      `"x${number}"`,
      `"ä${number}"`,
      `"\\u0078\\n${number}"`,
      `${number}`,
      `-${number}.5e3`,
      `[${number},"x"]`,
      `{"n": ${number}}`,
      'null',
      '"-"',
      'true',
      '"\\u002d"',
    ][seed % 11] ?? '0'
  );
}

function eventText(seed: number, distinct: string): string {
  const member = (name: string): string =>
    `"${name}":${valueText(seed * 31 + name.charCodeAt(0), distinct.includes(name))}`;
  const kind = ['"one"', '"two"', '"three"'][seed % 3];
  const line = `"line":"Jan 15 09:30:00 host sshd[1]: message ${distinct.includes('m') ? seed : seed % 5}"`;
  const names = ['a', 'b', 'c', 'd'].filter((_, index) => (seed >> index) % 5 !== 0);
  // Every tenth has a key twice, so that it is parsed and walked.
  if (seed % 10 === 0) names.push('b', 'b');
  return `{"kind":${kind},${line},${names.map(member).join(',')}${names.length > 0 ? ',' : ''}"when":"2026-01-15T09:00:00Z"}`;
}

function compareAll(decoder: Decoder, texts: readonly string[], step = 1): EventBatch {
  const { batches, rejected } = decoder.decode(texts.map((text, offset) => aRecord(text, { offset })));
  expect(rejected).toEqual([]);
  const [batch] = batches as [EventBatch];
  expect(batch.length).toBe(texts.length);
  for (let row = 0; row < texts.length; row += step) {
    const reference = referenceEvent(parseReference(texts[row] ?? '') as object, [profile]);
    expect(differences(batch, row, reference, fields)).toEqual([]);
  }
  return batch;
}

const count = 5_000;
const stream = (start: number, distinct: string): readonly string[] =>
  Array.from({ length: count }, (_, index) => eventText(start + index, distinct));
/** In a column of spans each row is a value of its own, also where two have the same value. */
const isSpanned = (batch: EventBatch, name: string): boolean => {
  const codes = batch.field(name)?.codes;
  return codes?.[0] !== codes?.[1];
};

describe('values that hardly come again', () => {
  test('are not looked up from the next batch on, and are the same; fields that decide always are', () => {
    const decoder = decoderOf();
    const text = (seed: number) =>
      `{"kind":"k${seed}","a":"x${seed}","b":"B${seed % 9}","line":"Jan 15 09:30:00 host sshd[1]: m${seed}","when":"2026-01-15T09:00:00Z"}`;
    const texts = (start: number) => [
      text(start),
      ...Array.from({ length: count }, (_, index) => text(start + index)),
    ];
    expect(isSpanned(compareAll(decoder, texts(0), 11), 'a')).toBe(false);
    const second = compareAll(decoder, texts(count), 11);
    expect(['a', 'b', 'kind', 'message'].map((name) => isSpanned(second, name))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('are looked up again when it is time to try, and stay so when they come again', () => {
    const decoder = decoderOf();
    const texts = (start: number) => Array.from({ length: count }, (_, index) => `{"a":"x${start + index}"}`);
    compareAll(decoder, texts(0), 50);
    const few = ['{"a":"x1","b":"x"}', '{"a":"x1","b":2}'];
    const spanned: boolean[] = [];
    for (let batch = 0; batch < 300; batch += 1) {
      const column = compareAll(decoder, few).field('a');
      spanned.push(column?.codes[0] !== column?.codes[1]);
    }
    expect([spanned[0], spanned.at(-1)]).toEqual([true, false]);
    expect(spanned.indexOf(false)).toBe(spanned.lastIndexOf(true) + 1);
  });

  test('and values that do come again give the same events, in any order of both', () => {
    const decoder = decoderOf();
    const phases = ['', 'ab', 'ab', 'a', 'bcdm', 'bcdm', '', 'abcdm', 'abcdm'];
    for (const [index, distinct] of phases.entries()) compareAll(decoder, stream(index * count, distinct), 7);
  });

  test('whatever the bounds of dictionaries are', () => {
    const bound = fc.constantFrom(1, 1_000, 100_000, 10_000_000);
    const batch = fc.tuple(
      fc.nat(1_000_000),
      fc.subarray(['a', 'b', 'c', 'd', 'm']),
      fc.integer({ min: 1, max: 200 }),
    );
    fc.assert(
      fc.property(
        fc.array(batch, { minLength: 1, maxLength: 8 }),
        bound,
        bound,
        (batches, maxDictionaryBytes, maxTotalDictionaryBytes) => {
          const decoder = decoderOf({ maxDictionaryBytes, maxTotalDictionaryBytes });
          for (const [start, distinct, length] of batches) {
            const texts = Array.from({ length }, (_, index) => eventText(start + index, distinct.join('')));
            compareAll(decoder, texts);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

test('what a batch says stays as it is until the next call, asked in any order and again', () => {
  const decoder = decoderOf();
  compareAll(decoder, stream(0, 'abcdm'), 100);
  const texts = stream(count, 'abcd').slice(0, 50);
  const batch = compareAll(decoder, texts);
  const ask = (): unknown[] =>
    [
      ...fields.map((name) => batch.field(name)),
      ...batch.attributePaths().map((path) => batch.attribute(path)),
    ].map((column) =>
      Array.from(column?.codes ?? [], (code) => (code === 0 ? undefined : column?.dictionary.valueOf(code))),
    );
  const before = ask();
  for (const path of batch.attributePaths().toReversed()) batch.attribute(path);
  expect(ask()).toEqual(before);
  compareAll(decoder, stream(2 * count, ''), 100);
});

test('fields that come and go, and are asked for in some batches only, have their values in batches of any size', () => {
  // Fields are looked up some hundred rows at a time, those alone that were asked for before.
  const present = fc.subarray(['a', 'b', 'c', 'd', 'kind', 'message']);
  const batch = fc.tuple(fc.nat(1_000_000), fc.constantFrom(1, 255, 256, 257, 700), present, fc.nat(600));
  fc.assert(
    fc.property(fc.array(batch, { minLength: 2, maxLength: 12 }), (batches) => {
      const decoder = decoderOf();
      for (const [start, length, asked, lateness] of batches) {
        const texts = Array.from({ length }, (_, index) =>
          index < lateness && index % 7 !== 0 ? '{"kind":"one","e":1}' : eventText(start + index, 'a'),
        );
        const [decoded] = decoder.decode(texts.map((text, offset) => aRecord(text, { offset }))).batches;
        for (let row = 0; row < length; row += row % 250 < 12 ? 1 : 17) {
          const reference = referenceEvent(parseReference(texts[row] ?? '') as object, [profile]);
          for (const name of asked) {
            const column = decoded?.field(name);
            const code = column?.codes[row] ?? 0;
            expect(code === 0 ? undefined : column?.dictionary.valueOf(code)).toEqual(reference.field(name));
          }
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('a batch of fewer events has nothing of a batch of more before it', () => {
  const decoder = decoderOf();
  for (const length of [600, 3, 300, 1]) {
    compareAll(decoder, stream(0, 'ab').slice(0, length));
    const [batch] = decoder.decode([aRecord('{"kind":"one"}')]).batches;
    expect(fields.filter((name) => batch?.field(name) !== undefined)).toEqual(['kind']);
  }
});
