import { Buffer } from 'node:buffer';
import { hashOf, sameBytes, type TokenSource, tokenKinds, tokenSource } from '../decode/json-token.ts';
import { numberText } from '../decode/number-text.ts';
import { copyAsciiToken, isDottedQuad, isShortNumber, isSilent, tokenValue } from '../decode/token-value.ts';
import type { FieldValue, Scalar } from '../field-value.ts';
import type { Dictionary } from './dictionary.ts';

/** Values that can be copied as they are written: every scalar, decimal numbers alone, or IPv4 addresses in their usual form alone. */
export type Copied = 'values' | 'numbers' | 'addresses';

/** How a value is taken over by somebody who copies: as it is written; not at all, since it says nothing; or not by copying. */
export const copied = 1;
export const silent = 0;
export const foreign = -1;

/** A dictionary that gives out codes. `bytes` is what it holds, nearly all of it outside the heap. */
export interface ValueDictionary extends Dictionary {
  readonly bytes: number;
  /** How many codes were asked for: once for each row that has the field. */
  readonly asked: number;
  /** The code of a value. */
  codeOf(value: FieldValue): number;
  /** The code of a token (see `tokenKinds`), whose bytes are copied when it is new. */
  codeOfToken(source: TokenSource, kind: number, start: number, end: number): number;
  /** `silent` for a value that says nothing (null, empty text, `-`, `(empty)`), `foreign` for one that is not among the copied. */
  taken(code: number, what: Copied): typeof copied | typeof silent | typeof foreign;
  /** Copies a value to another dictionary as it is written and returns its code there; else `silent` or `foreign`. */
  copyTo(other: ValueDictionary, code: number, what: Copied): number;
}

/** A token is looked for in so many slots; past them it is added again, so that texts made to collide cost little. */
const maxProbes = 24;
const slotSize = 4;
const firstEntries = 16;
const firstBytes = 128;
/** A word is read at once, also at the end. */
const slack = 4;

/**
 * Values are kept as the bytes they were written in, and made into JavaScript values when somebody asks. A value that is written
 * in two ways has two codes.
 */
export function createValueDictionary(): ValueDictionary {
  let capacity = firstEntries;
  /** For each slot: hash, code (0 where it is free), start, and length with kind. Beside each other: one line of the cache. */
  let table = new Int32Array(capacity * 2 * slotSize);
  let starts = new Uint32Array(capacity + 1);
  let kinds = new Uint8Array(capacity);
  let arena = tokenSource(new Uint8Array(firstBytes));
  let size = 1;
  let used = 0;
  let asked = 0;
  let lastTag = -1;
  let lastStart = 0;
  let lastCode = 0;

  const growEntries = (): void => {
    capacity *= 2;
    starts = grown(starts, new Uint32Array(capacity + 1));
    kinds = grown(kinds, new Uint8Array(capacity));
    const former = table;
    table = new Int32Array(capacity * 2 * slotSize);
    for (let at = 0; at < former.length; at += slotSize) {
      if (former[at + 1] === 0) continue;
      file(
        former[at] as number,
        former[at + 1] as number,
        former[at + 2] as number,
        former[at + 3] as number,
      );
    }
  };
  const file = (hash: number, code: number, start: number, tag: number): void => {
    const mask = table.length - 1;
    let at = Math.imul(hash, slotSize) & mask;
    for (let probe = 0; probe < maxProbes; probe += 1) {
      if (table[at + 1] === 0) {
        table[at] = hash;
        table[at + 1] = code;
        table[at + 2] = start;
        table[at + 3] = tag;
        return;
      }
      at = (at + slotSize) & mask;
    }
  };
  const growArena = (needed: number): void => {
    const bytes = new Uint8Array(Math.max(arena.bytes.length * 2, needed + slack));
    bytes.set(arena.bytes.subarray(0, used));
    arena = tokenSource(bytes);
  };
  const tokenOf = (code: number): { kind: number; start: number; end: number } => {
    if (code < 1 || code >= size) throw new RangeError(`Code ${code} was not given out.`);
    return { kind: kinds[code] as number, start: starts[code] as number, end: starts[code + 1] as number };
  };

  return {
    get size() {
      return size;
    },
    get bytes() {
      return arena.bytes.length + capacity * 37;
    },
    valueOf(code) {
      const { kind, start, end } = tokenOf(code);
      return tokenValue(arena.bytes, kind, start, end);
    },
    copyAscii(code, target) {
      const { kind, start, end } = tokenOf(code);
      const escaped = kind === tokenKinds.escaped;
      if (!escaped && kind !== tokenKinds.plain) return -1;
      return copyAsciiToken(arena.bytes, { start, end, escaped }, target);
    },
    get asked() {
      return asked;
    },
    taken,
    copyTo(other, code, what) {
      const how = taken(code, what);
      if (how !== copied) return how;
      const { kind, start, end } = tokenOf(code);
      return other.codeOfToken(arena, kind, start, end);
    },
    codeOf(value) {
      const length = typeof value === 'string' ? writePlain(value) : -1;
      if (length !== -1) return codeOfToken(scratch, tokenKinds.plain, 0, length);
      const { kind, source } = tokenFrom(value);
      return codeOfToken(source, kind, 0, source.bytes.length - slack);
    },
    codeOfToken,
  };

  function taken(code: number, what: Copied): typeof copied | typeof silent | typeof foreign {
    const { kind, start, end } = tokenOf(code);
    if (kind === tokenKinds.list) return foreign;
    if (what === 'numbers' && !isShortNumber(arena.bytes, kind, start, end)) return foreign;
    if (what === 'addresses' && !isDottedQuad(arena.bytes, kind, start, end)) return foreign;
    return isSilent(arena.bytes, kind, start, end) ? silent : copied;
  }

  function codeOfToken(source: TokenSource, kind: number, start: number, end: number): number {
    asked += 1;
    const length = end - start;
    const tag = (length << 4) | kind;
    // Values come in runs, and of the literals there is only one each.
    if (tag === lastTag && sameBytes(arena, lastStart, source, start, length)) return lastCode;
    const hash = hashOf(source, start, end);
    const mask = table.length - 1;
    let at = Math.imul(hash, slotSize) & mask;
    for (let probe = 0; probe < maxProbes; probe += 1) {
      const code = table[at + 1] as number;
      if (code === 0) break;
      if (
        table[at] === hash &&
        table[at + 3] === tag &&
        sameBytes(arena, table[at + 2] as number, source, start, length)
      ) {
        lastTag = tag;
        lastStart = table[at + 2] as number;
        lastCode = code;
        return code;
      }
      at = (at + slotSize) & mask;
    }
    if (size === capacity) growEntries();
    if (used + length + slack > arena.bytes.length) growArena(used + length);
    const code = size;
    copyBytes(source.bytes, start, length, arena.bytes, used);
    file(hash, code, used, tag);
    kinds[code] = kind;
    starts[code] = used;
    used += length;
    starts[code + 1] = used;
    size = code + 1;
    return code;
  }
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

/** Few bytes are copied faster one by one than by a call. */
function copyBytes(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > 64) to.set(from.subarray(start, start + length), at);
  else for (let index = 0; index < length; index += 1) to[at + index] = from[start + index] as number;
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

const sourceOf = (text: string): TokenSource => tokenSource(Buffer.from(`${text}\0\0\0\0`));

function grown<T extends Int32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
