import { mix } from './word-table.ts';

/**
 * A hash table from texts to a positive 32-bit value that keeps the texts as UTF-8 bytes in one block: about 40 bytes
 * and the text an entry, instead of a string object and a map entry. Texts are compared whole, never by hash alone.
 */
export interface TextTable {
  readonly size: number;
  /** A text that is already there gets the new value. */
  set(text: string, value: number): void;
  /** The value, or 0 when the text is not there. */
  get(text: string): number;
}

export function createTextTable(): TextTable {
  const seed = (Math.random() * 0xffff_ffff) >>> 0;
  const encoder = new TextEncoder();
  let scratch = new Uint8Array(1024);
  let scratchLength = 0;
  let pool = new Uint8Array(1024);
  let used = 0;
  let capacity = 16;
  // Of each slot: where the text starts in the pool, its length, its hash, its value (0: the slot is free).
  let slots = new Uint32Array(capacity * 4);
  let size = 0;

  /** Writes the text to `scratch` and returns the hash of its bytes. */
  const take = (text: string): number => {
    if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3);
    scratchLength = encoder.encodeInto(text, scratch).written;
    let hash = seed;
    for (let at = 0; at < scratchLength; at += 1) hash = Math.imul(hash ^ (scratch[at] ?? 0), 0x0100_0193);
    return mix(hash);
  };
  const isAt = (slot: number, hash: number): boolean => {
    const start = slots[slot] ?? 0;
    if (slots[slot + 2] !== hash || slots[slot + 1] !== scratchLength) return false;
    for (let at = 0; at < scratchLength; at += 1) if (pool[start + at] !== scratch[at]) return false;
    return true;
  };
  const place = (hash: number): number => {
    let slot = hash & (capacity - 1);
    while (slots[slot * 4 + 3] !== 0 && !isAt(slot * 4, hash)) slot = (slot + 1) & (capacity - 1);
    return slot * 4;
  };
  const grow = (): void => {
    const old = slots;
    capacity *= 2;
    slots = new Uint32Array(capacity * 4);
    for (let from = 0; from < old.length; from += 4) {
      if (old[from + 3] === 0) continue;
      let slot = (old[from + 2] ?? 0) & (capacity - 1);
      while (slots[slot * 4 + 3] !== 0) slot = (slot + 1) & (capacity - 1);
      slots.set(old.subarray(from, from + 4), slot * 4);
    }
  };
  const keep = (): number => {
    if (used + scratchLength > maxPoolBytes) throw new RangeError('The texts of one table exceed 2 GiB.');
    if (used + scratchLength > pool.length) {
      const larger = new Uint8Array(Math.min(maxPoolBytes, Math.max(2 * pool.length, used + scratchLength)));
      larger.set(pool.subarray(0, used));
      pool = larger;
    }
    pool.set(scratch.subarray(0, scratchLength), used);
    used += scratchLength;
    return used - scratchLength;
  };

  return {
    get size() {
      return size;
    },
    set(text, value) {
      if (value < 1 || value > 0xffff_ffff) throw new RangeError(`A value is 1 to 2^32 - 1, not ${value}.`);
      if ((size + 1) * 3 > capacity * 2) grow();
      const hash = take(text);
      const slot = place(hash);
      if (slots[slot + 3] === 0) {
        slots[slot] = keep();
        slots[slot + 1] = scratchLength;
        slots[slot + 2] = hash;
        size += 1;
      }
      slots[slot + 3] = value;
    },
    get(text) {
      return slots[place(take(text)) + 3] ?? 0;
    },
  };
}

const maxPoolBytes = 2 ** 31;
