import { tokenKinds } from '../decode/json-token.ts';
import { copyAsciiToken, isShortNumber, isSilent, tokenValue } from '../decode/token-value.ts';
import type { FieldValue } from '../field-value.ts';
import type { Dictionary } from './dictionary.ts';

/**
 * One field of a batch whose values hardly repeat: where each row's value stands in the event's bytes. Looking such values up
 * costs more than it saves, so each row is a value of its own.
 */
export interface Spans {
  /** A `tokenKinds`; 0 where the row lacks the field, `valueKind` for a value in `values`. */
  kinds: Uint8Array;
  /** Where the token is in the record's value; for a value its index. */
  starts: Uint32Array;
  ends: Uint32Array;
  /** Values that stand nowhere as one token: lists, and what was read from a parsed event. */
  values: FieldValue[];
}

export const valueKind = 15;
const firstRows = 256;

export function createSpans(): Spans {
  return {
    kinds: new Uint8Array(firstRows),
    starts: new Uint32Array(firstRows),
    ends: new Uint32Array(firstRows),
    values: [],
  };
}

export function setSpan(spans: Spans, row: number, kind: number, start: number, end: number): void {
  if (row >= spans.kinds.length) growSpans(spans, Math.max(row + 1, spans.kinds.length * 2));
  spans.kinds[row] = kind;
  spans.starts[row] = start;
  spans.ends[row] = end;
}

export function clearSpans(spans: Spans, length: number): void {
  spans.kinds.fill(0, 0, length);
  spans.values = [];
}

export function growSpans(spans: Spans, size: number): void {
  const { kinds, starts, ends } = spans;
  spans.kinds = new Uint8Array(size);
  spans.kinds.set(kinds);
  spans.starts = new Uint32Array(size);
  spans.starts.set(starts);
  spans.ends = new Uint32Array(size);
  spans.ends.set(ends);
}

/** The values of such a field; a row's code is its number plus one. */
export interface SpanDictionary extends Dictionary {
  isNumber(code: number): boolean;
  /** Whether it is a text or number, or another scalar that says something: see `ValueDictionary.copyTo`. */
  saysSomething(code: number): boolean;
}

/** @param bytesOf the value of the record that a row came from. */
export function spanDictionary(
  spans: Spans,
  length: number,
  bytesOf: (row: number) => Uint8Array,
): SpanDictionary {
  const { kinds, starts, ends, values } = spans;
  const valueAt = (code: number): FieldValue => {
    const row = code - 1;
    const kind = kinds[row] ?? 0;
    if (row < 0 || row >= length || kind === 0) throw new RangeError(`Code ${code} was not given out.`);
    if (kind === valueKind) return values[starts[row] as number] as FieldValue;
    return tokenValue(bytesOf(row), kind, starts[row] as number, ends[row] as number);
  };
  return {
    size: length + 1,
    valueOf: valueAt,
    copyAscii(code, target) {
      const row = code - 1;
      const kind = kinds[row];
      if (kind !== tokenKinds.plain && kind !== tokenKinds.escaped) return -1;
      return copyAsciiToken(
        bytesOf(row),
        { start: starts[row] as number, end: ends[row] as number, escaped: kind === tokenKinds.escaped },
        target,
      );
    },
    isNumber(code) {
      const row = code - 1;
      return isShortNumber(bytesOf(row), kinds[row] as number, starts[row] as number, ends[row] as number);
    },
    saysSomething(code) {
      const row = code - 1;
      const kind = kinds[row];
      if (kind === valueKind) return false;
      return !isSilent(bytesOf(row), kind as number, starts[row] as number, ends[row] as number);
    },
  };
}
