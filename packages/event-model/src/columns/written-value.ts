import { Buffer } from 'node:buffer';
import { type TokenSource, tokenKinds, tokenSource } from '../decode/json-token.ts';
import { numberText } from '../decode/number-text.ts';
import type { FieldValue, Scalar } from '../field-value.ts';

/** Sixteen bytes are read at once, also at the end of a token. */
export const slack = 32;

/** A token that stands at the start of a source. */
export interface WrittenValue {
  readonly source: TokenSource;
  readonly kind: number;
  readonly length: number;
}

/** A value as a token, good until the next call. */
export function writeValue(value: FieldValue): WrittenValue {
  const length = typeof value === 'string' ? writePlain(value) : -1;
  if (length !== -1) return { source: scratch, kind: tokenKinds.plain, length };
  const { kind, source } = tokenFrom(value);
  return { source, kind, length: source.bytes.length - slack };
}

const scratch = tokenSource(new Uint8Array(512 + slack));

/** Writes a short text that JSON writes as it is to `scratch`, and returns its length; -1 for any other. */
function writePlain(text: string): number {
  const { length } = text;
  if (length > 512) return -1;
  for (let index = 0; index < length; index += 1) {
    const character = text.charCodeAt(index);
    if (character < 0x20 || character > 0x7e || character === 0x22 || character === 0x5c) return -1;
    scratch.bytes[index] = character;
  }
  return length;
}

function tokenFrom(value: FieldValue): { readonly kind: number; readonly source: TokenSource } {
  if (typeof value === 'string') {
    const text = JSON.stringify(value).slice(1, -1);
    return {
      kind: text.includes('\\') ? tokenKinds.escaped : tokenKinds.plain,
      source: sourceOf(text),
    };
  }
  if (typeof value === 'number') return { kind: tokenKinds.number, source: sourceOf(numberText(value)) };
  if (value === null) return { kind: tokenKinds.null, source: sourceOf('null') };
  if (typeof value === 'boolean')
    return { kind: value ? tokenKinds.true : tokenKinds.false, source: sourceOf(String(value)) };
  return { kind: tokenKinds.list, source: sourceOf(value.map(elementText).join(',')) };
}

const elementText = (value: Scalar): string =>
  typeof value === 'number' ? numberText(value) : JSON.stringify(value);

const behind = '\0'.repeat(slack);
const sourceOf = (text: string): TokenSource => tokenSource(Buffer.from(text + behind));
