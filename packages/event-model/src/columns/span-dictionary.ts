import { kindMask, type TokenSource, tokenKinds } from '../decode/json-token.ts';
import {
  copyAsciiText,
  copyAsciiToken,
  isDottedQuad,
  isNumberText,
  isShortNumber,
  isSilent,
  maxShortNumber,
  maxSilent,
  tokenValue,
} from '../decode/token-value.ts';
import type { FieldValue } from '../field-value.ts';
import type { Dictionary } from './dictionary.ts';
import type { NumberNotes } from './early-numbers.ts';
import { type Spans, valueKind } from './field-spans.ts';
import type { Copied } from './value-dictionary.ts';

/** The values of a field that are not looked up, since they hardly repeat: a row's code is its number plus one. */
export interface SpanDictionary extends Dictionary {
  /** Whether the value is among those that are copied as they are written: see `ValueDictionary.taken`. */
  isCopied(code: number, what: Copied): boolean;
  /** Whether the value is a text that surely means a number, in decimal or after `0x`. */
  isNumberText(code: number): boolean;
  /** Whether all values are. */
  isEachCopied(what: Copied): boolean;
}

/** What is known of the rows of a column of spans. */
export interface SpannedRows {
  /** Where a row's bytes are. */
  sourceOf(row: number): TokenSource;
  /** By row: 0 where none of the event's numbers has an exponent. */
  readonly exponents: Uint32Array;
  /** What was noted of the texts that mean numbers, while they were near. */
  numbers(): NumberNotes;
}

export function spanDictionary(
  spans: Spans,
  length: number,
  { sourceOf, exponents, numbers }: SpannedRows,
): SpanDictionary {
  const { words, values } = spans;
  let noted: NumberNotes | undefined;
  const tagOf = (code: number): number => (code > 0 && code <= length ? (words[2 * code - 1] as number) : 0);
  const startOf = (code: number): number => words[2 * code - 2] as number;
  const endOf = (code: number): number => startOf(code) + (tagOf(code) >>> 4);
  const bytesOf = (code: number): Uint8Array => sourceOf(code - 1).bytes;
  /** Whether the tag alone says that the value is copied: for nearly all it does, and the bytes have left the cache by now. */
  const isSurelyCopied = (row: number, tag: number, what: Copied): boolean => {
    const kind = tag & kindMask;
    const isNumber = kind === tokenKinds.number;
    if (what === 'values') return isNumber || (kind === tokenKinds.plain && tag >>> 4 > maxSilent);
    return what === 'numbers' && isNumber && tag >>> 4 <= maxShortNumber && exponents[row] === 0;
  };
  const isCopied = (code: number, what: Copied): boolean => {
    const tag = tagOf(code);
    const kind = tag & kindMask;
    if (isSurelyCopied(code - 1, tag, what)) return true;
    if (what === 'values')
      return tag !== valueKind && !isSilent(bytesOf(code), kind, startOf(code), endOf(code));
    const isAmong = what === 'numbers' ? isShortNumber : isDottedQuad;
    return isAmong(bytesOf(code), kind, startOf(code), endOf(code));
  };
  return {
    size: length + 1,
    valueOf(code) {
      const tag = tagOf(code);
      if (tag === 0) throw new RangeError(`Code ${code} was not given out.`);
      if (tag === valueKind) return values[startOf(code)] as FieldValue;
      return tokenValue(bytesOf(code), tag & kindMask, startOf(code), endOf(code));
    },
    copyAscii(code, target) {
      const tag = tagOf(code);
      if (tag === valueKind) {
        const value = values[startOf(code)];
        return typeof value === 'string' ? copyAsciiText(value, target) : -1;
      }
      const kind = tag & kindMask;
      if (kind !== tokenKinds.plain && kind !== tokenKinds.escaped) return -1;
      const token = { start: startOf(code), end: endOf(code), escaped: kind === tokenKinds.escaped };
      return copyAsciiToken(bytesOf(code), token, target);
    },
    isCopied,
    isNumberText(code) {
      const tag = tagOf(code);
      noted ??= numbers();
      const { done, notes } = noted;
      if (code <= done) return notes[code - 1] === 1;
      return (tag & kindMask) === tokenKinds.plain && isNumberText(bytesOf(code), startOf(code), endOf(code));
    },
    isEachCopied(what) {
      for (let row = 0; row < length; row += 1) {
        const tag = words[2 * row + 1] as number;
        if (tag === 0 || isSurelyCopied(row, tag, what)) continue;
        if (!isCopied(row + 1, what)) return false;
      }
      return true;
    },
  };
}
