/**
 * What a stretch of JSON text is. Of strings the stretch is what stands between the quotes, as written; of a list it is the elements
 * with commas between them; of everything else the whole value.
 */
export const tokenKinds = {
  /** A string without a backslash. */
  plain: 1,
  /** A string with at least one escape. */
  escaped: 2,
  number: 3,
  true: 4,
  false: 5,
  null: 6,
  /** An object, which is looked at as its JSON text. */
  object: 7,
  /** Scalars gathered from one or several arrays. */
  list: 8,
} as const;

/** The bits of a tag, or of a kind with more beside it, that are the kind. */
export const kindMask = 15;

/** Bytes of which tokens are stretches, and the same bytes as words. */
export interface TokenSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function tokenSource(bytes: Uint8Array): TokenSource {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

const oddNumber = (): number => (Math.random() * 0x7fffffff) | 0 | 1;

/** Factors of the hashes, so that it is hard to tell outside which texts collide; tables bound what those that do cost. */
export const factors = {
  ofLength: oddNumber(),
  ofFirst: oddNumber(),
  ofSecond: oddNumber(),
  ofThird: oddNumber(),
  ofLast: oddNumber(),
} as const;
const { ofLength, ofFirst, ofSecond, ofThird, ofLast } = factors;

/**
 * A hash of a stretch, the same that `assembly/token.ts` gives; 0 is never given. Up to 16 bytes are four words of which the bytes beyond
 * the end are 0; of more, the last 16 are (multilinear hashing, Carter and Wegman 1979).
 */
export function hashOf({ bytes, view }: TokenSource, start: number, end: number): number {
  const length = end - start;
  if (length <= 16)
    return hashOfWords(
      length,
      wordAt(bytes, start, end),
      wordAt(bytes, start + 4, end),
      wordAt(bytes, start + 8, end),
      wordAt(bytes, start + 12, end),
    );
  let at = start;
  let before = length;
  for (; end - at > 16; at += 8) {
    const first = Math.imul(before ^ (before >>> 15) ^ view.getInt32(at, true), ofFirst);
    before = (first + Math.imul(view.getInt32(at + 4, true), ofSecond)) | 0;
  }
  return hashOfWords(
    before,
    view.getInt32(at, true),
    view.getInt32(at + 4, true),
    view.getInt32(end - 8, true),
    view.getInt32(end - 4, true),
  );
}

/** The word of four bytes at a place, of which those at or beyond `end` are 0. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  const last = Math.min(at + 4, end);
  for (let index = at; index < last; index += 1) word |= (bytes[index] as number) << (8 * (index - at));
  return word;
}

function hashOfWords(length: number, first: number, second: number, third: number, last: number): number {
  let hash =
    Math.imul(length, ofLength) ^
    Math.imul(first, ofFirst) ^
    turned(Math.imul(second, ofSecond), 8) ^
    turned(Math.imul(third, ofThird), 16) ^
    turned(Math.imul(last, ofLast), 24);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16) || 1;
}

/** Of a word's last byte only the highest bits of a product tell: turned, so that those of all words do not fall on the same ones. */
const turned = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** Whether two stretches of the same length hold the same bytes. */
export function sameBytes(
  one: TokenSource,
  start: number,
  other: TokenSource,
  otherStart: number,
  length: number,
): boolean {
  const { view } = one;
  const otherView = other.view;
  if (length >= 8) {
    const last = length - 8;
    for (let index = 0; index < last; index += 8) {
      if (
        ((view.getInt32(start + index, true) ^ otherView.getInt32(otherStart + index, true)) |
          (view.getInt32(start + index + 4, true) ^ otherView.getInt32(otherStart + index + 4, true))) !==
        0
      )
        return false;
    }
    return (
      ((view.getInt32(start + last, true) ^ otherView.getInt32(otherStart + last, true)) |
        (view.getInt32(start + last + 4, true) ^ otherView.getInt32(otherStart + last + 4, true))) ===
      0
    );
  }
  if (length >= 4)
    return (
      ((view.getInt32(start, true) ^ otherView.getInt32(otherStart, true)) |
        (view.getInt32(start + length - 4, true) ^ otherView.getInt32(otherStart + length - 4, true))) ===
      0
    );
  for (let index = 0; index < length; index += 1) {
    if (one.bytes[start + index] !== other.bytes[otherStart + index]) return false;
  }
  return true;
}
