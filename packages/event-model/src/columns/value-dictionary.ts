import { type ArrayMemory, heapMemory } from '../decode/core/array-memory.ts';
import type { DecodeCore } from '../decode/core/decode-core.ts';
import {
  hashOf,
  kindMask,
  sameBytes,
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
  /**
   * The same while the rows' bytes are in the core's memory, where the dictionary and all arrays have to be too.
   * @param rows `shifts` lead from the place of a token in its source to that in the core
   */
  lookUpNear(
    core: DecodeCore,
    field: Spans,
    rows: { readonly length: number; readonly shifts: Uint32Array },
    from: number,
    codes: Uint32Array,
  ): void;
  /** Keeps beside the dictionary what makes the core find the same few values faster, as long as they are few. */
  keepRecent(): void;
  /** Where the core finds the dictionary, see `assembly/dictionary.ts`. */
  readonly head: Int32Array;
  /** Gives the memory back. Nobody may use the dictionary any more. */
  release(): void;
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

/** The numbers of a head, in the order that `assembly/dictionary.ts` knows. */
const headTable = 0;
const headMask = 1;
const headStarts = 2;
const headKinds = 3;
const headArena = 4;
const headArenaLength = 5;
const headSize = 6;
const headUsed = 7;
const headCapacity = 8;
const headAsked = 9;
const headRecent = 10;
const headLength = 11;

/**
 * What a dictionary tells of itself. A class, because accessors of a literal would give each dictionary a shape of its own, which makes
 * whoever reads one of many look for it anew.
 */
class DictionaryHead {
  readonly head: Int32Array;

  constructor(head: Int32Array) {
    this.head = head;
  }

  get size(): number {
    return this.head[headSize] as number;
  }

  get asked(): number {
    return this.head[headAsked] as number;
  }

  get bytes(): number {
    const entries = (this.head[headCapacity] as number) + 1;
    const forRecent = this.head[headRecent] === 0 ? 0 : recentBytes;
    return (this.head[headArenaLength] as number) + entries * bytesOfEntry + forRecent;
  }
}

/** Two slots of the table, where it starts, and its kind. */
const bytesOfEntry = 2 * 4 * slotSize + 4 + 1;

/** A dictionary of at most so many values, asked for so often, keeps the places that `assembly/dictionary.ts` finds values at first. */
const maxRecent = 128;
const oftenAsked = 512;
const recentBytes = 256 * 32;

/**
 * Values are kept as the bytes they were written in, and made into JavaScript values when somebody asks. A value that is written
 * in two ways has two codes.
 * @param memory that of the core, if it is to look values up
 */
export function createValueDictionary(memory: ArrayMemory = heapMemory): ValueDictionary {
  const head = memory.ints(headLength);
  let capacity = firstEntries;
  /** For each slot: hash, code (0 where it is free), start, and length with kind. Beside each other: one line of the cache. */
  let table = memory.ints(capacity * 2 * slotSize);
  /** Of each code, and where the last one ends: there is one code less than there are places. */
  let starts = memory.words(capacity);
  let kinds = memory.bytes(capacity);
  let arena = tokenSource(memory.bytes(firstBytes));
  let recent: Uint8Array | undefined;
  let lastTag = -1;
  let lastStart = 0;
  let lastCode = 0;
  let isReleased = false;
  head[headSize] = 1;
  describe();

  /** Tells the core where the arrays stand. */
  function describe(): void {
    head[headTable] = table.byteOffset;
    head[headMask] = table.length / slotSize - 1;
    head[headStarts] = starts.byteOffset;
    head[headKinds] = kinds.byteOffset;
    head[headArena] = arena.bytes.byteOffset;
    head[headArenaLength] = arena.bytes.length;
    // A code's end is kept where the next one starts.
    head[headCapacity] = capacity - 1;
  }
  const growEntries = (): void => {
    capacity *= 2;
    const [moreStarts, moreKinds] = [memory.words(capacity), memory.bytes(capacity)];
    memory.copy(starts, moreStarts);
    memory.copy(kinds, moreKinds);
    memory.release(starts);
    memory.release(kinds);
    starts = moreStarts;
    kinds = moreKinds;
    const former = table;
    table = memory.ints(capacity * 2 * slotSize);
    for (let at = 0; at < former.length; at += slotSize) {
      if (former[at + 1] === 0) continue;
      file(
        former[at] as number,
        former[at + 1] as number,
        former[at + 2] as number,
        former[at + 3] as number,
      );
    }
    memory.release(former);
    describe();
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
    const bytes = memory.bytes(2 ** Math.ceil(Math.log2(Math.max(arena.bytes.length * 2, needed + slack))));
    memory.copy(arena.bytes, bytes);
    memory.release(arena.bytes);
    arena = tokenSource(bytes);
    describe();
  };
  /** Makes room for one more value. */
  const makeRoom = (length: number): void => {
    if ((head[headSize] as number) === capacity - 1) growEntries();
    const needed = (head[headUsed] as number) + length;
    if (needed + slack > arena.bytes.length) growArena(needed);
  };
  const tokenOf = (code: number): { kind: number; start: number; end: number } => {
    if (isReleased) throw new Error('The dictionary was given up: its batch is no longer valid.');
    if (code < 1 || code >= (head[headSize] as number))
      throw new RangeError(`Code ${code} was not given out.`);
    return { kind: kinds[code] as number, start: starts[code] as number, end: starts[code + 1] as number };
  };

  const keepRecent = (): void => {
    if (recent !== undefined || (head[headSize] as number) > maxRecent) return;
    recent = memory.bytes(recentBytes);
    head[headRecent] = recent.byteOffset;
  };
  const forgetRecent = (): void => {
    if (recent !== undefined) memory.release(recent);
    recent = undefined;
    head[headRecent] = 0;
  };

  return Object.assign(new DictionaryHead(head), {
    keepRecent,
    release(): void {
      isReleased = true;
      forgetRecent();
      for (const array of [head, table, starts, kinds, arena.bytes]) memory.release(array);
    },
    valueOf(code: number): FieldValue {
      const { kind, start, end } = tokenOf(code);
      return tokenValue(arena.bytes, kind, start, end);
    },
    copyAscii(code: number, target: Uint8Array): number {
      const { kind, start, end } = tokenOf(code);
      const escaped = kind === tokenKinds.escaped;
      if (!escaped && kind !== tokenKinds.plain) return -1;
      return copyAsciiToken(arena.bytes, { start, end, escaped }, target);
    },
    taken,
    copyTo(other: ValueDictionary, code: number, what: Copied): number {
      const how = taken(code, what);
      if (how !== copied) return how;
      const { kind, start, end } = tokenOf(code);
      return other.codeOfToken(arena, kind, start, end);
    },
    codeOf,
    codeOfToken,
    lookUp(
      { words, values }: Spans,
      { length, sources, sourceOf }: TokenRows,
      from: number,
      codes: Uint32Array,
    ): void {
      for (let row = from; row < length; row += 1) {
        const start = words[2 * row] as number;
        const tag = words[2 * row + 1] as number;
        if (tag === 0) codes[row] = 0;
        else if (tag === valueKind) codes[row] = codeOf(values[start] as FieldValue);
        else {
          const source = sources[sourceOf[row] as number] as TokenSource;
          codes[row] = codeOfToken(source, tag & kindMask, start, start + (tag >>> 4));
        }
      }
    },
    lookUpNear(
      core: DecodeCore,
      { words, values }: Spans,
      { length, shifts }: { readonly length: number; readonly shifts: Uint32Array },
      from: number,
      codes: Uint32Array,
    ): void {
      if ((head[headSize] as number) > maxRecent) forgetRecent();
      else if ((head[headAsked] as number) > oftenAsked) keepRecent();
      let row = from;
      for (;;) {
        row = core.calls.lookUp(
          head.byteOffset,
          words.byteOffset,
          shifts.byteOffset,
          row,
          length,
          codes.byteOffset,
        );
        if (row === length) return;
        const tag = words[2 * row + 1] as number;
        if (tag === valueKind) {
          codes[row] = codeOf(values[words[2 * row] as number] as FieldValue);
          row += 1;
        } else makeRoom(tag >>> 4);
      }
    },
  });

  function codeOf(value: FieldValue): number {
    const { source, kind, length } = writeValue(value);
    return codeOfToken(source, kind, 0, length);
  }

  function taken(code: number, what: Copied): typeof copied | typeof silent | typeof foreign {
    const { kind, start, end } = tokenOf(code);
    if (kind === tokenKinds.list) return foreign;
    if (what === 'numbers' && !isShortNumber(arena.bytes, kind, start, end)) return foreign;
    if (what === 'addresses' && !isDottedQuad(arena.bytes, kind, start, end)) return foreign;
    return isSilent(arena.bytes, kind, start, end) ? silent : copied;
  }

  function codeOfToken(source: TokenSource, kind: number, start: number, end: number): number {
    head[headAsked] = (head[headAsked] as number) + 1;
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
    makeRoom(length);
    const code = head[headSize] as number;
    const used = head[headUsed] as number;
    copyBytes(source.bytes, start, length, arena.bytes, used);
    file(hash, code, used, (length << 4) | kind);
    kinds[code] = kind;
    starts[code] = used;
    starts[code + 1] = used + length;
    head[headUsed] = used + length;
    head[headSize] = code + 1;
    return code;
  }
}

/** Few bytes are copied faster one by one than by a call. */
function copyBytes(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > 64) to.set(from.subarray(start, start + length), at);
  else for (let index = 0; index < length; index += 1) to[at + index] = from[start + index] as number;
}
