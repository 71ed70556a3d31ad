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

/**
 * A hash of a stretch; 0 is never given. Words of four bytes are taken; the last one reaches back over what was taken where the
 * length is no multiple of four.
 */
export function hashOf({ bytes, view }: TokenSource, start: number, end: number): number {
  const length = end - start;
  let hash = Math.imul(length ^ seed, 0x9e3779b1);
  if (length >= 4) {
    const last = end - 4;
    for (let at = start; at < last; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ view.getInt32(last, true), 0x85ebca6b);
  } else if (length > 0) {
    const word =
      (bytes[start] as number) |
      ((bytes[start + (length >> 1)] as number) << 8) |
      ((bytes[end - 1] as number) << 16);
    hash = Math.imul(hash ^ word, 0x85ebca6b);
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16) || 1;
}

/** Whether two stretches of the same length hold the same bytes. */
export function sameBytes(
  one: TokenSource,
  start: number,
  other: TokenSource,
  otherStart: number,
  length: number,
): boolean {
  if (length >= 4) {
    const { view } = one;
    const otherView = other.view;
    const last = length - 4;
    for (let index = 0; index < last; index += 4) {
      if (view.getInt32(start + index, true) !== otherView.getInt32(otherStart + index, true)) return false;
    }
    return view.getInt32(start + last, true) === otherView.getInt32(otherStart + last, true);
  }
  for (let index = 0; index < length; index += 1) {
    if (one.bytes[start + index] !== other.bytes[otherStart + index]) return false;
  }
  return true;
}
