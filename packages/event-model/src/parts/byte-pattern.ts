import { Buffer } from 'node:buffer';

/**
 * Patterns over the bytes of a text, for parts that are cut out of nearly every message of a source: a part is found where it lies, as
 * a stretch, and no string is made. A pattern begins at the start of the text. It is a sequence of pieces; only `upToLast` and
 * `upToFirst` come back for another try, so that the time grows with the text's length and the pieces' bounds alone.
 *
 * Bounds are in bytes. Blanks are those of ASCII; every byte beyond ASCII is a letter.
 */
export interface Piece {
  readonly kind: (typeof kinds)[keyof typeof kinds];
  /** What may stand here. */
  readonly texts: readonly Uint8Array[];
  readonly of: ByteClass;
  readonly least: number;
  readonly most: number;
  readonly rests: readonly (readonly Piece[])[];
}

const kinds = {
  /** The first of `texts` that stands here; none may begin another. */
  text: 1,
  /** As many bytes of a class as there are, up to `most`; what follows must not begin with one of them. */
  run: 2,
  /** Bytes of a class up to what follows in the pattern: to its last place within `most` bytes. */
  upToLast: 3,
  /** The same to its first place. */
  upToFirst: 4,
  /** What is between `open` and `close` is the part. */
  open: 5,
  close: 6,
  end: 7,
  /** The rest of the pattern, in the first form of `rests` that fits. */
  either: 8,
  /** The pieces of the only one of `rests` may be left out; taken where they fit and the rest then fits too. Before every `upTo` only. */
  maybe: 9,
} as const;

/** 1 for each byte that belongs to the class. */
export type ByteClass = Uint8Array;

export interface BytePattern {
  readonly pieces: readonly Piece[];
  /** 1 for each byte that a text may begin with. */
  readonly firsts: ByteClass;
}

/** Patterns of which the first that fits with a part that is not empty decides. */
export interface PartPatterns {
  /** What every text that has the part begins with: asked once for several parts of a text. */
  readonly prefix: BytePattern | undefined;
  /** By first byte of the text. */
  readonly byFirst: readonly (readonly BytePattern[])[];
}

const classOf = (holds: (byte: number) => boolean): ByteClass =>
  Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0));
const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

export const blank = classOf(isBlank);
export const nonBlank = classOf((byte) => !isBlank(byte));
export const digit = classOf((byte) => byte >= 0x30 && byte <= 0x39);
export const lowerLetter = classOf((byte) => byte >= 0x61 && byte <= 0x7a);
export const wordByte = classOf((byte) => /\w/.test(String.fromCharCode(byte)) && byte < 0x80);
/** Everything but line breaks. */
export const lineByte = classOf((byte) => byte !== 0x0a && byte !== 0x0d);
export const anyByte = classOf(() => true);
/** Everything but some characters of ASCII. */
export const except = (characters: string): ByteClass =>
  classOf((byte) => byte >= 0x80 || !characters.includes(String.fromCharCode(byte)));
/** What a class has and another has too. */
export const both = (one: ByteClass, other: ByteClass): ByteClass =>
  one.map((holds, byte) => holds & (other[byte] as number));

/** All pieces have one form, so that the loop over them need not ask for it. */
const piece = (kind: Piece['kind'], own: Partial<Piece> = {}): Piece => ({
  kind,
  texts: own.texts ?? [],
  of: own.of ?? anyByte,
  least: own.least ?? 0,
  most: own.most ?? 0,
  rests: own.rests ?? [],
});

export const oneOf = (...texts: readonly string[]): Piece =>
  piece(kinds.text, { texts: texts.map((text) => Buffer.from(text)) });
export const literal = (text: string): Piece => oneOf(text);
export const run = (of: ByteClass, most: number, least = 1): Piece => piece(kinds.run, { of, most, least });
export const upToLast = (of: ByteClass, most: number, least = 1): Piece =>
  piece(kinds.upToLast, { of, most, least });
export const upToFirst = (of: ByteClass, most: number, least = 1): Piece =>
  piece(kinds.upToFirst, { of, most, least });
export const part = (...pieces: readonly Piece[]): readonly Piece[] => [
  piece(kinds.open),
  ...pieces,
  piece(kinds.close),
];
export const maybe = (...pieces: readonly Piece[]): Piece => piece(kinds.maybe, { rests: [pieces] });
export const either = (...rests: readonly (readonly Piece[])[]): Piece => piece(kinds.either, { rests });
export const end: Piece = piece(kinds.end);

/** One pattern for each choice of what is left out, the fullest first. */
export function bytePatterns(...pieces: readonly (Piece | readonly Piece[])[]): readonly BytePattern[] {
  return choices(pieces.flat() as readonly Piece[]).map((chosen) => ({
    pieces: chosen,
    firsts: firstsOf(chosen),
  }));
}

function choices(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const index = pieces.findIndex(({ kind }) => kind === kinds.maybe);
  if (index === -1) return [pieces];
  const before = pieces.slice(0, index);
  const after = pieces.slice(index + 1);
  if (before.some(({ kind }) => kind === kinds.upToLast || kind === kinds.upToFirst))
    throw new Error('What may be left out must stand before every upTo.');
  const optional = pieces[index]?.rests[0] ?? [];
  return [...choices([...before, ...optional, ...after]), ...choices([...before, ...after])];
}

/** What a text may begin with: by the pieces up to the first that cannot be empty. */
function firstsOf(pieces: readonly Piece[]): ByteClass {
  const firsts = new Uint8Array(256);
  for (const { kind, texts, of, least } of pieces) {
    if (kind === kinds.open || kind === kinds.close) continue;
    if (kind === kinds.text) for (const text of texts) firsts[text[0] as number] = 1;
    else if (kind === kinds.run) for (const [byte, holds] of of.entries()) firsts[byte] ||= holds;
    else firsts.fill(1);
    if (kind !== kinds.run || least > 0) break;
  }
  return firsts;
}

/** Where the part of the pattern that matched last starts and ends. */
export const found = { start: 0, end: 0 };

export function partPatterns(patterns: readonly BytePattern[], prefix?: BytePattern): PartPatterns {
  return {
    prefix,
    byFirst: Array.from({ length: 256 }, (_, byte) => {
      const some = patterns.filter(({ firsts }) => firsts[byte] === 1);
      return some.length === 0 ? noPatterns : some;
    }),
  };
}

const noPatterns: readonly BytePattern[] = [];

export function beginsWith({ pieces }: BytePattern, bytes: Uint8Array, start: number, end: number): boolean {
  return fits(pieces, 0, bytes, start, end);
}

/**
 * Looks for the part in `bytes[start..end)` and notes it in `found`. The prefix is for the caller to look at, who may have done so
 * for another part.
 */
export function findPart({ byFirst }: PartPatterns, bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  const patterns = byFirst[bytes[start] as number] as readonly BytePattern[];
  for (let index = 0; index < patterns.length; index += 1) {
    if (fits((patterns[index] as BytePattern).pieces, 0, bytes, start, end) && found.end > found.start)
      return true;
  }
  return false;
}

/** Whether the pieces from `index` on fit what is from `from` on. */
function fits(
  pieces: readonly Piece[],
  index: number,
  bytes: Uint8Array,
  from: number,
  limit: number,
): boolean {
  let at = from;
  for (let next = index; next < pieces.length; next += 1) {
    const { kind, texts, of, least, most, rests } = pieces[next] as Piece;
    if (kind === kinds.text) {
      at = textEnd(texts, bytes, at, limit);
      if (at === -1) return false;
    } else if (kind === kinds.run) {
      let stop = runEnd(of, bytes, at, Math.min(limit, at + most));
      // A bound must not cut a character of UTF-8 in two.
      while (stop > at && stop < limit && ((bytes[stop] as number) & 0xc0) === 0x80) stop -= 1;
      if (stop - at < least) return false;
      at = stop;
    } else if (kind === kinds.open) found.start = at;
    else if (kind === kinds.close) found.end = at;
    else if (kind === kinds.end) {
      if (at !== limit) return false;
    } else if (kind === kinds.either) {
      for (let form = 0; form < rests.length; form += 1) {
        if (fits(rests[form] as readonly Piece[], 0, bytes, at, limit)) return true;
      }
      return false;
    } else return fitsUpTo(pieces, next, bytes, at, limit);
  }
  return true;
}

function fitsUpTo(
  pieces: readonly Piece[],
  index: number,
  bytes: Uint8Array,
  from: number,
  limit: number,
): boolean {
  const { start } = found;
  const { kind, of, least, most } = pieces[index] as Piece;
  const stop = runEnd(of, bytes, from, Math.min(limit, from + most));
  const wanted = byteAfter(pieces, index);
  const isLast = kind === kinds.upToLast;
  const first = from + least;
  for (let tries = stop - first; tries >= 0; tries -= 1) {
    const at = isLast ? first + tries : stop - tries;
    if (wanted !== -1 && bytes[at] !== wanted) continue;
    // A try that failed may have begun the part elsewhere.
    found.start = start;
    if (fits(pieces, index + 1, bytes, at, limit)) return true;
  }
  return false;
}

/** The byte that what follows a piece begins with; -1 when that may be several. */
export function byteAfter(pieces: readonly Piece[], index: number): number {
  const following = pieces[pieces[index + 1]?.kind === kinds.close ? index + 2 : index + 1];
  return following?.texts.length === 1 ? (following.texts[0]?.[0] as number) : -1;
}

function runEnd(of: ByteClass, bytes: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit && of[bytes[at] as number] === 1) at += 1;
  return at;
}

/** Where the first text that stands at `at` ends; -1 where none does. */
function textEnd(texts: readonly Uint8Array[], bytes: Uint8Array, at: number, limit: number): number {
  for (let choice = 0; choice < texts.length; choice += 1) {
    const text = texts[choice] as Uint8Array;
    const { length } = text;
    let index = 0;
    if (at + length <= limit) while (index < length && bytes[at + index] === text[index]) index += 1;
    if (index === length) return at + length;
  }
  return -1;
}
