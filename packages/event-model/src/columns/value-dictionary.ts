import {
  hashOf,
  hashOfWords,
  kindMask,
  sameBytes,
  shortWord,
  type TokenSource,
  tokenKinds,
  tokenSource,
} from '../decode/json-token.ts';
import { copyAsciiToken, isDottedQuad, isShortNumber, isSilent, tokenValue } from '../decode/token-value.ts';
import type { FieldValue } from '../field-value.ts';
import type { Dictionary } from './dictionary.ts';
import { type Spans, valueKind } from './field-spans.ts';
import { slack, writeValue } from './written-value.ts';

/** Values that can be copied as they are written: every scalar, decimal numbers alone, or IPv4 addresses in their usual form alone. */
export type Copied = 'values' | 'numbers' | 'addresses';

/** How a value is taken over by somebody who copies: as it is written; not at all, since it says nothing; or not by copying. */
export const copied = 1;
export const silent = 0;
export const foreign = -1;

/** Of which source each row's tokens are. */
export interface TokenRows {
  readonly length: number;
  readonly sources: readonly TokenSource[];
  readonly sourceOf: Uint32Array;
}

/** A dictionary that gives out codes. `bytes` is what it holds, nearly all of it outside the heap. */
export interface ValueDictionary extends Dictionary {
  readonly bytes: number;
  /** How many codes were asked for: once for each row that has the field. */
  readonly asked: number;
  /** The code of a value. */
  codeOf(value: FieldValue): number;
  /** The code of a token (see `tokenKinds`), whose bytes are copied when it is new. */
  codeOfToken(source: TokenSource, kind: number, start: number, end: number): number;
  /** Writes the codes of a field's values to the rows from `from` on, 0 where a row lacks the field. */
  lookUp(field: Spans, rows: TokenRows, from: number, codes: Uint32Array): void;
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
    codeOf,
    codeOfToken,
    lookUp(field, { length, sources, sourceOf }, from, codes) {
      // Rows that were added after the last one that has the field.
      const last = Math.min(length, field.words.length >>> 1);
      if (last < length) codes.fill(0, Math.max(from, last), length);
      for (let row = from; row < last; ) {
        const source = sourceOf[row] as number;
        let end = row + 1;
        while (end < last && sourceOf[end] === source) end += 1;
        lookUpRun(field, sources[source] as TokenSource, { row, end }, codes);
        row = end;
      }
    },
  };

  function codeOf(value: FieldValue): number {
    const { source, kind, length } = writeValue(value);
    return codeOfToken(source, kind, 0, length);
  }

  /**
   * What `codeOfToken` does for each row in turn. The places of the table and of the bytes are kept in local variables, and the words
   * that were hashed are those that are compared: for short values this takes a third of the time.
   */
  function lookUpRun(
    { words, values }: Spans,
    source: TokenSource,
    rows: { readonly row: number; readonly end: number },
    codes: Uint32Array,
  ): void {
    const { bytes, view } = source;
    let slots = table;
    let held = arena;
    let tokens = 0;
    for (let { row } = rows; row < rows.end; row += 1) {
      const start = words[2 * row] as number;
      const tag = words[2 * row + 1] as number;
      const length = tag >>> 4;
      if (tag === 0) {
        codes[row] = 0;
        continue;
      }
      if (tag === valueKind || length > 16) {
        codes[row] =
          tag === valueKind
            ? codeOf(values[start] as FieldValue)
            : codeOfToken(source, tag & kindMask, start, start + length);
        slots = table;
        held = arena;
        continue;
      }
      tokens += 1;
      const end = start + length;
      const first = length < 4 ? shortWord(bytes, start, end) : view.getInt32(start, true);
      const last = length < 4 ? 0 : view.getInt32(end - 4, true);
      const second = length < 8 ? 0 : view.getInt32(start + 4, true);
      const third = length < 8 ? 0 : view.getInt32(end - 8, true);
      const hash = hashOfWords(length, first, second, third, last);
      const mask = slots.length - 1;
      let code = 0;
      let at = Math.imul(hash, slotSize) & mask;
      for (let probe = 0; probe < maxProbes; probe += 1) {
        const known = slots[at + 1] as number;
        if (known === 0) break;
        if (slots[at] === hash && slots[at + 3] === tag) {
          const from = slots[at + 2] as number;
          const to = from + length;
          let difference: number;
          if (length < 4) difference = shortWord(held.bytes, from, to) ^ first;
          else {
            difference = (held.view.getInt32(from, true) ^ first) | (held.view.getInt32(to - 4, true) ^ last);
            if (length >= 8)
              difference |=
                (held.view.getInt32(from + 4, true) ^ second) | (held.view.getInt32(to - 8, true) ^ third);
          }
          if (difference === 0) {
            code = known;
            break;
          }
        }
        at = (at + slotSize) & mask;
      }
      if (code === 0) {
        code = add(source, hash, tag & kindMask, start, length);
        slots = table;
        held = arena;
      }
      codes[row] = code;
    }
    asked += tokens;
  }

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
    return add(source, hash, kind, start, length);
  }

  function add(source: TokenSource, hash: number, kind: number, start: number, length: number): number {
    if (size === capacity) growEntries();
    if (used + length + slack > arena.bytes.length) growArena(used + length);
    const code = size;
    copyBytes(source.bytes, start, length, arena.bytes, used);
    file(hash, code, used, (length << 4) | kind);
    kinds[code] = kind;
    starts[code] = used;
    used += length;
    starts[code + 1] = used;
    size = code + 1;
    return code;
  }
}

/** Few bytes are copied faster one by one than by a call. */
function copyBytes(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > 64) to.set(from.subarray(start, start + length), at);
  else for (let index = 0; index < length; index += 1) to[at + index] = from[start + index] as number;
}

function grown<T extends Int32Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
