import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupByNibbles, type NibbleGroups } from './nibble-groups.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const texts = fc
  .uniqueArray(fc.string({ unit: 'grapheme-ascii', minLength: 3, maxLength: 12 }), {
    minLength: 1,
    maxLength: 64,
  })
  .map((all) => all.map(bytesOf));
const sample = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 300 }), { maxLength: 5 });

const half = (byte: number | undefined): number => (byte ?? 0) & 15;

/** Whether a place is marked, as a plain reading of the groups has it. */
function isMarked({ groups }: NibbleGroups, own: readonly Uint8Array[], bytes: Uint8Array, at: number) {
  return groups.some((members) =>
    [0, 1, 2].every((index) =>
      members.some(({ text, offset }) => half(own[text]?.[offset + index]) === half(bytes[at + index])),
    ),
  );
}

test('each text is in one group, with three bytes that it has', () => {
  fc.assert(
    fc.property(texts, sample, (own, events) => {
      const found = groupByNibbles(own, events.map(bytesOf));
      const members = found?.groups.flat() ?? [];
      expect(found?.groups).toHaveLength(8);
      expect(members.map(({ text }) => text).sort((a, b) => a - b)).toEqual([...own.keys()]);
      for (const { text, offset } of members) {
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset + 3).toBeLessThanOrEqual(own[text]?.length ?? 0);
      }
    }),
    { numRuns: 50 },
  );
});

test('what is said to be marked of the sample is marked there, and at least so much', () => {
  fc.assert(
    fc.property(texts, sample, (own, events) => {
      const bytes = events.map(bytesOf);
      const found = groupByNibbles(own, bytes);
      if (found === undefined) throw new Error('not too many texts');
      let marked = 0;
      for (const one of bytes)
        for (let at = 0; at + 3 <= one.length; at += 1) if (isMarked(found, own, one, at)) marked += 1;
      // Places that several groups mark count several times.
      expect(found.marked).toBeGreaterThanOrEqual(marked);
    }),
    { numRuns: 50 },
  );
});

test('texts that have two bytes in common which events lack are looked for by them', () => {
  const own = ['lsadump::', 'sekurlsa::', 'kerberos::ptt', 'misc::skeleton', 'event::drop'].map(bytesOf);
  const events = [bytesOf('dump of events, miscellaneous keys and keratin; a skeleton, sekur '.repeat(50))];
  const found = groupByNibbles(own, events);
  for (const { text, offset } of found?.groups.flat() ?? [])
    expect(Buffer.from(own[text]?.subarray(offset, offset + 3) ?? []).toString()).toContain(':');
  expect(found?.marked).toBeLessThan(1);
});

test('too many texts are not grouped', () => {
  const own = Array.from({ length: 65 }, (_, number) => bytesOf(`text ${number}`));
  expect(groupByNibbles(own, [])).toBeUndefined();
});
