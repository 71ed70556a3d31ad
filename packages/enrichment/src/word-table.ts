/**
 * A hash table from keys of a fixed number of 32-bit words to a positive 32-bit value, in one typed array: a million
 * IPv4 networks take 24 MB. Open addressing, at most two thirds full.
 */
export interface WordTable {
  readonly size: number;
  /** A key that is already there gets the new value. */
  set(key: ArrayLike<number>, value: number): void;
  /** The value, or 0 when the key is not there. */
  get(key: ArrayLike<number>): number;
}

export function createWordTable(words: number): WordTable {
  const stride = words + 1;
  // Differs by process, so that nobody can write a list whose entries all collide.
  const seed = (Math.random() * 0xffff_ffff) >>> 0;
  let capacity = 16;
  let slots = new Uint32Array(capacity * stride);
  let size = 0;

  /** Where the key is, or the free place where it belongs. */
  const place = (key: ArrayLike<number>): number => {
    let hash = seed;
    for (let at = 0; at < words; at += 1) hash = mix(hash ^ (key[at] ?? 0));
    for (let slot = hash & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
      const start = slot * stride;
      if (slots[start + words] === 0) return start;
      let at = 0;
      while (at < words && slots[start + at] === (key[at] ?? 0) >>> 0) at += 1;
      if (at === words) return start;
    }
  };
  const grow = (): void => {
    const old = slots;
    capacity *= 2;
    slots = new Uint32Array(capacity * stride);
    for (let start = 0; start < old.length; start += stride) {
      if (old[start + words] === 0) continue;
      slots.set(old.subarray(start, start + stride), place(old.subarray(start, start + words)));
    }
  };

  return {
    get size() {
      return size;
    },
    set(key, value) {
      if (value < 1 || value > 0xffff_ffff) throw new RangeError(`A value is 1 to 2^32 - 1, not ${value}.`);
      if ((size + 1) * 3 > capacity * 2) grow();
      const start = place(key);
      if (slots[start + words] === 0) size += 1;
      for (let at = 0; at < words; at += 1) slots[start + at] = key[at] ?? 0;
      slots[start + words] = value;
    },
    get(key) {
      return slots[place(key) + words] ?? 0;
    },
  };
}

/** Spreads every bit over the word (the finishing step of MurmurHash3). */
export function mix(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
