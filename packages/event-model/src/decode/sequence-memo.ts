/** Remembers a small number per sequence of numbers; forgets everything when it is full. */
export interface SequenceMemo {
  /** The answer for the first `length` numbers of the sequence, -1 when none is remembered. */
  get(sequence: Int32Array, length: number): number;
  set(sequence: Int32Array, length: number, answer: number): void;
}

export function createSequenceMemo(maxEntries: number): SequenceMemo {
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(maxEntries * 2)));
  const mask = slots.length - 1;
  const hashes = new Int32Array(maxEntries + 1);
  const answers = new Int32Array(maxEntries + 1);
  let sequences: Int32Array[] = [];
  let count = 0;

  const slotOf = (sequence: Int32Array, length: number, hash: number): number => {
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot] as number;
      if (entry === 0) return slot;
      if (hashes[entry] === hash && isSame(sequences[entry - 1] as Int32Array, sequence, length)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  return {
    get(sequence, length) {
      const entry = slots[slotOf(sequence, length, hashOf(sequence, length))] as number;
      return entry === 0 ? -1 : (answers[entry] as number);
    },
    set(sequence, length, answer) {
      if (count === maxEntries) {
        slots.fill(0);
        sequences = [];
        count = 0;
      }
      const hash = hashOf(sequence, length);
      count += 1;
      sequences.push(sequence.slice(0, length));
      hashes[count] = hash;
      answers[count] = answer;
      slots[slotOf(sequence, length, hash)] = count;
    },
  };
}

function hashOf(sequence: Int32Array, length: number): number {
  let hash = length;
  for (let index = 0; index < length; index += 1) {
    hash = Math.imul(hash ^ (sequence[index] as number), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return hash;
}

function isSame(known: Int32Array, sequence: Int32Array, length: number): boolean {
  if (known.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (known[index] !== sequence[index]) return false;
  return true;
}
