import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDecoder } from '../decode/create-decoder.ts';
import { aRecord } from '../testing/a-record.ts';

const character = fc.constantFrom('a', 'A', 'b', 'c', 'k', '-', '/', ' ', '.', 'é', '"', '\\', '\n', '\r');
const value = fc.string({ unit: character, maxLength: 60 });
/** What may be looked for: ASCII in lower case that JSON writes as it is. */
const wanted = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'k', '-', '/', ' ', '.'),
  minLength: 3,
  maxLength: 14,
});
const others = 'defghijlmnopqrstuvwxyz';
/** Texts that no event has, all different. */
const absent = Array.from({ length: 65 }, (_, number) => {
  const at = number % others.length;
  return `${others.slice(at)}${others.slice(0, at)}`.slice(0, 9 + (number % 7)) + others.charAt(number >> 3);
});
/** Few texts are looked for at every place, in groups, many by windows here and there. */
const lists = fc
  .tuple(fc.array(wanted, { minLength: 1, maxLength: 8 }), fc.constantFrom(0, 30, absent.length))
  .map(([texts, more]) => [...absent.slice(0, more), ...texts]);
const listOf = (texts: readonly string[]) => texts.map((text) => new Uint8Array(Buffer.from(text)));
/** Writers escape what they like. */
const writers: readonly ((json: string) => string)[] = [
  (json) => json,
  (json) => json.replaceAll('/', '\\/'),
  (json) => json.replaceAll('-', '\\u002d'),
  (json) => json.replaceAll('k', '\\u006B'),
  (json) => json.replaceAll('A', '\\u0041'),
  (json) => json.replaceAll('é', '\\u00e9'),
];
const events = fc.array(
  fc
    .tuple(fc.array(value, { maxLength: 5 }), fc.constantFrom(...writers))
    .map(([values, write]) => write(JSON.stringify({ values }))),
  { minLength: 1, maxLength: 20 },
);
const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
/** Whether the event has one of the texts, or one of their characters as an escape. */
const told = (json: string, texts: readonly string[]): boolean => {
  const characters = new Set(texts.join(''));
  const escapes = json.replaceAll('\\\\', '').matchAll(/\\(?:u(?<code>.{4})|(?<slash>\/))/g);
  const isHidden = [...escapes].some(({ groups }) =>
    characters.has(
      lower(groups?.['slash'] ?? String.fromCharCode(Number.parseInt(groups?.['code'] ?? '', 16))),
    ),
  );
  return isHidden || texts.some((one) => lower(json).includes(one));
};

test('texts are found in exactly the events that have one, from the batch after the one in which they were asked for', () => {
  const seen = new Map([
    [true, 0],
    [false, 0],
  ]);
  fc.assert(
    fc.property(lists, lists, events, events, (texts, others, before, after) => {
      const decoder = createDecoder({ fields: () => [] });
      const [list, other] = [listOf(texts), listOf(others)];
      const decode = (some: readonly string[]) => {
        const { batches } = decoder.decode(some.map((json, offset) => aRecord(json, { offset })));
        return batches[0];
      };
      const first = decode(before);
      expect(first?.mayHold(list)).toBeUndefined();
      const second = decode(after);
      expect(second?.mayHold(other)).toBeUndefined();
      const ofList = second?.mayHold(list);
      expect(ofList).toHaveLength(after.length);
      for (const [row, json] of after.entries()) {
        const expected = told(json, texts);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
        expect(ofList?.[row]).toBe(expected ? 1 : 0);
      }
      // Lists are looked for together: an event that has none of any is told apart.
      const third = decode(after);
      const inAny = after.map((json) => (told(json, [...texts, ...others]) ? 1 : 0));
      for (const one of [list, other]) expect([...(third?.mayHold(one) ?? [])]).toEqual(inAny);
      decoder.close();
    }),
    { numRuns: 300 },
  );
  expect(Math.min(...seen.values())).toBeGreaterThan(100);
});

test('texts are found in every event of a batch that is larger than what is read at a time', () => {
  const decoder = createDecoder({ fields: () => [] });
  const list = listOf(['sekurlsa::']);
  const messageOf = (offset: number): string =>
    `${'x'.repeat(offset % 97)}${offset % 7 === 0 ? 'SEKURLSA::logon' : 'sekurlsa'}${'y'.repeat(90)}`;
  const records = Array.from({ length: 5_000 }, (_, offset) =>
    aRecord(JSON.stringify({ message: messageOf(offset) }), { offset }),
  );
  for (const isKnown of [false, true, true]) {
    const [batch] = decoder.decode(records).batches;
    const found = batch?.mayHold(list);
    expect(found && [...found]).toEqual(
      isKnown ? records.map((_, row) => (row % 7 === 0 ? 1 : 0)) : undefined,
    );
  }
});

test.each(['true', 'rue', 'false', 'alse', 'null'])('%s is found at the very end of an event', (text) => {
  const decoder = createDecoder({ fields: () => [] });
  const list = listOf([text]);
  const literal = ['true', 'false', 'null'].find((one) => one.includes(text));
  const records = Array.from({ length: 17 }, (_, pad) =>
    aRecord(`{"pad":"${'x'.repeat(pad)}","a":${literal}}`, { offset: pad }),
  );
  for (const other of ['', 'later']) {
    const [batch] = decoder.decode([aRecord(`{"${other}":0}`), ...records]).batches;
    const found = batch?.mayHold(list);
    expect(found && [...found]).toEqual(other === '' ? undefined : [0, ...records.map(() => 1)]);
  }
});

test('of texts that are too short, or too many, nothing is known', () => {
  const decoder = createDecoder({ fields: () => [] });
  const short = listOf(['ab']);
  const many = listOf(Array.from({ length: 5_000 }, (_, number) => `text ${number}`));
  for (let round = 0; round < 3; round += 1) {
    const [batch] = decoder.decode([aRecord('{"a":"b"}')]).batches;
    for (const list of [short, many]) expect(batch?.mayHold(list)).toBeUndefined();
  }
});

test('each of some texts is found, whichever texts it is looked for with', () => {
  const decoder = createDecoder({ fields: () => [] });
  // Of texts that events have parts of everywhere, each has a group of its own as long as there are groups.
  const words = Array.from('abcdefghijklmnop', (letter) => letter.repeat(3));
  const list = listOf(words);
  const parts = aRecord(JSON.stringify({ parts: 'aabbccddeeffgghhiijjkkllmmnnoopp'.repeat(50) }));
  const records = words.map((word, offset) => aRecord(JSON.stringify({ word }), { offset }));
  decoder.decode([parts]).batches[0]?.mayHold(list);
  const [batch] = decoder.decode([parts, ...records]).batches;
  expect([...(batch?.mayHold(list) ?? [])]).toEqual([0, ...words.map(() => 1)]);
});

test('texts are found in batch after batch, whichever of them it was learned from what is rare', () => {
  const batches = fc.array(events, { minLength: 20, maxLength: 40 });
  fc.assert(
    fc.property(lists, batches, (texts, all) => {
      const decoder = createDecoder({ fields: () => [] });
      const list = listOf(texts);
      for (const [number, jsons] of all.entries()) {
        const { batches } = decoder.decode(jsons.map((json, offset) => aRecord(json, { offset })));
        const found = batches[0]?.mayHold(list);
        const expected = jsons.map((json) => (told(json, texts) ? 1 : 0));
        expect(found && [...found]).toEqual(number === 0 ? undefined : expected);
      }
      decoder.close();
    }),
    { numRuns: 30 },
  );
});

test('of many texts that begin alike, or with one another, each is found', () => {
  const ending = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
  const alike = fc
    .tuple(wanted, fc.uniqueArray(ending, { minLength: 70, maxLength: 120 }))
    .map(([beginning, endings]) => endings.map((one) => beginning + one));
  const answers = new Set<boolean>();
  fc.assert(
    fc.property(
      alike,
      fc.array(fc.nat(150), { minLength: 20, maxLength: 40 }),
      ending,
      (texts, which, junk) => {
        const decoder = createDecoder({ fields: () => [] });
        const list = listOf(texts);
        // A text, or the most of one, behind something that has parts of others.
        const jsons = which.map((number) => {
          const text = texts[number % texts.length] ?? '';
          return JSON.stringify({ own: `${junk}${number % 2 === 0 ? text : text.slice(0, -1)}-`, junk });
        });
        const decode = () =>
          decoder.decode(jsons.map((json, offset) => aRecord(json, { offset }))).batches[0]?.mayHold(list);
        decode();
        const found = decode();
        for (const [row, json] of jsons.entries()) {
          const expected = told(json, texts);
          answers.add(expected);
          expect(found?.[row]).toBe(expected ? 1 : 0);
        }
        decoder.close();
      },
    ),
    { numRuns: 60 },
  );
  expect(answers).toEqual(new Set([true, false]));
});
