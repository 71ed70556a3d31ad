import type { JsonNeedle } from './json-needle.ts';
import { createPairSampler } from './pair-sampler.ts';
import { createWordSampler, type JsonScan, wordSpan } from './word-sampler.ts';

/**
 * Tells whether one of some texts may stand in the strings of a JSON document, in any case of its letters. An escaped
 * character may be one of a text's run in disguise, so a document that has one may hold anything.
 */
export function createByteScanner(needles: readonly JsonNeedle[]): JsonScan {
  const findsLong = createWordSampler(needles.filter(({ run }) => run.length >= wordSpan));
  const findsShort = createPairSampler(needles.filter(({ run }) => run.length < wordSpan));
  if (findsShort === undefined) return findsLong;
  return (bytes, start, end, coded) => findsLong(bytes, start, end, coded) || findsShort(bytes, start, end);
}
