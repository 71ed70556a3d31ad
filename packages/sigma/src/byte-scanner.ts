import { holdsDisguise } from './disguise.ts';
import type { JsonNeedle } from './json-needle.ts';
import { createPairSampler } from './pair-sampler.ts';
import { createWordSampler, type JsonScan, wordSpan } from './word-sampler.ts';

/**
 * Tells whether one of some needles may stand in the strings of a JSON document, in any case of its letters. Escapes in hexadecimal
 * digits are not looked for.
 */
export function createByteScanner(needles: readonly JsonNeedle[]): JsonScan {
  const findsLong = createWordSampler(needles.filter(({ run }) => run.length >= wordSpan)) ?? never;
  const findsShort = createPairSampler(needles.filter(({ run }) => run.length < wordSpan));
  if (findsShort === undefined) return findsLong;
  return (bytes, start, end) => findsLong(bytes, start, end) || findsShort(bytes, start, end);
}

/**
 * The same for documents that may have escapes in hexadecimal digits: an escaped character may be one of a needle's run in disguise, so
 * a document that has one may hold anything.
 */
export function createCodedScanner(needles: readonly JsonNeedle[]): JsonScan {
  const finds = createByteScanner(needles);
  return (bytes, start, end) => holdsDisguise(bytes, start, end) || finds(bytes, start, end);
}

const never: JsonScan = () => false;
