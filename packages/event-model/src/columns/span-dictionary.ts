import { type TokenSource, tokenKinds } from '../decode/json-token.ts';
import { copyAsciiText, copyAsciiToken, isShortNumber, isSilent, tokenValue } from '../decode/token-value.ts';
import type { FieldValue } from '../field-value.ts';
import type { Dictionary } from './dictionary.ts';
import { type Spans, valueKind } from './field-spans.ts';

/** The values of a field that are not looked up, since they hardly repeat: a row's code is its number plus one. */
export interface SpanDictionary extends Dictionary {
  isNumber(code: number): boolean;
  /** Whether it is a text or number, or another scalar that says something: see `ValueDictionary.copyTo`. */
  saysSomething(code: number): boolean;
}

/** @param sourceOf where a row's bytes are. */
export function spanDictionary(
  spans: Spans,
  length: number,
  sourceOf: (row: number) => TokenSource,
): SpanDictionary {
  const { kinds, starts, ends, values } = spans;
  const valueAt = (code: number): FieldValue => {
    const row = code - 1;
    const kind = row < 0 || row >= length ? 0 : (kinds[row] ?? 0);
    if (kind === 0) throw new RangeError(`Code ${code} was not given out.`);
    if (kind === valueKind) return values[starts[row] as number] as FieldValue;
    return tokenValue(sourceOf(row).bytes, kind, starts[row] as number, ends[row] as number);
  };
  return {
    size: length + 1,
    valueOf: valueAt,
    copyAscii(code, target) {
      const row = code - 1;
      const kind = kinds[row];
      if (kind === valueKind) {
        const value = values[starts[row] as number];
        return typeof value === 'string' ? copyAsciiText(value, target) : -1;
      }
      if (kind !== tokenKinds.plain && kind !== tokenKinds.escaped) return -1;
      return copyAsciiToken(
        sourceOf(row).bytes,
        { start: starts[row] as number, end: ends[row] as number, escaped: kind === tokenKinds.escaped },
        target,
      );
    },
    isNumber(code) {
      const row = code - 1;
      return isShortNumber(
        sourceOf(row).bytes,
        kinds[row] as number,
        starts[row] as number,
        ends[row] as number,
      );
    },
    saysSomething(code) {
      const row = code - 1;
      const kind = kinds[row] as number;
      if (kind === valueKind) return false;
      return !isSilent(sourceOf(row).bytes, kind, starts[row] as number, ends[row] as number);
    },
  };
}
