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

/** Bytes of which tokens are stretches, and the same bytes as words. */
export interface TokenSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export function tokenSource(bytes: Uint8Array): TokenSource {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** Seeds the hashes, so that nobody outside can tell which texts collide. */
const seed = (Math.random() * 0x7fffffff) | 0;

/** A hash of a stretch; 0 is never given. */
export function hashOf({ bytes, view }: TokenSource, start: number, end: number): number {
  let hash = Math.imul((end - start) ^ seed, 0x9e3779b1);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16) || 1;
}

export interface Stretch {
  readonly source: TokenSource;
  readonly start: number;
}

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
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    if (view.getInt32(start + index, true) !== otherView.getInt32(otherStart + index, true)) return false;
  }
  for (; index < length; index += 1) {
    if (one.bytes[start + index] !== other.bytes[otherStart + index]) return false;
  }
  return true;
}
