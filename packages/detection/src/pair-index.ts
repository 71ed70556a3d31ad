/** Numbers distinct pairs of numbers from 0, in the order in which they are met. */
export interface PairIndex {
  readonly size: number;
  numberOf(first: number, second: number): number;
  firstOf(number: number): number;
  secondOf(number: number): number;
  /** Forgets all pairs, and keeps their room. */
  clear(): void;
}

const firstRoom = 32;

/** By hash, open addressing, at most half full; no key is made of a pair. */
export function createPairIndex(): PairIndex {
  let firsts = new Int32Array(firstRoom);
  let seconds = new Int32Array(firstRoom);
  /** Numbers plus one, 0 for free. */
  let slots = new Int32Array(slotsFor(firstRoom));
  let size = 0;
  let previous = -1;

  const add = (first: number, second: number): number => {
    if (size === firsts.length) grow();
    let slot = hashOf(first, second) & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    firsts[size] = first;
    seconds[size] = second;
    size += 1;
    slots[slot] = size;
    return size - 1;
  };
  const grow = (): void => {
    const [oldFirsts, oldSeconds] = [firsts, seconds];
    firsts = new Int32Array(2 * size);
    seconds = new Int32Array(firsts.length);
    slots = new Int32Array(slotsFor(firsts.length));
    size = 0;
    for (let number = 0; number < oldFirsts.length; number += 1)
      add(oldFirsts[number] as number, oldSeconds[number] as number);
  };

  return {
    get size() {
      return size;
    },
    numberOf(first, second) {
      // Events of one machine often come one after another.
      if (previous !== -1 && firsts[previous] === first && seconds[previous] === second) return previous;
      const mask = slots.length - 1;
      let slot = hashOf(first, second) & mask;
      for (let found = slots[slot] as number; found !== 0; found = slots[slot] as number) {
        previous = found - 1;
        if (firsts[previous] === first && seconds[previous] === second) return previous;
        slot = (slot + 1) & mask;
      }
      previous = add(first, second);
      return previous;
    },
    firstOf: (number) => firsts[number] as number,
    secondOf: (number) => seconds[number] as number,
    clear() {
      size = 0;
      previous = -1;
      slots.fill(0);
    },
  };
}

/** A power of two, twice as many as there may be pairs or more. */
function slotsFor(pairs: number): number {
  return 2 ** Math.ceil(Math.log2(2 * Math.max(1, pairs)));
}

function hashOf(first: number, second: number): number {
  const hash = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
