/** Sets of atoms that hold, each different set with a number of its own. Set 0 is the empty one. */
export interface AtomSets {
  size(): number;
  /** The number of the set of the first `count` atoms; they must be sorted, and are copied. */
  intern(atoms: Uint32Array, count: number): number;
  atomsOf(set: number): Uint32Array;
  /** Whether so many sets are held that their owner should start again. */
  isFull(): boolean;
  clear(): void;
}

const empty = new Uint32Array(0);
const firstCapacity = 64;

export function createAtomSets(maxSets: number, maxAtoms: number): AtomSets {
  let sets: Uint32Array[] = [empty];
  /** Numbers of sets by hash of their atoms, 0 for free: open addressing, at most half full. */
  let numbers = new Uint32Array(firstCapacity);
  let hashes: number[] = [0];
  let atomCount = 0;

  const place = (set: number, hash: number): void => {
    const mask = numbers.length - 1;
    let slot = hash & mask;
    while (numbers[slot] !== 0) slot = (slot + 1) & mask;
    numbers[slot] = set;
  };
  const grow = (): void => {
    numbers = new Uint32Array(numbers.length * 2);
    for (let set = 1; set < sets.length; set++) place(set, hashes[set] ?? 0);
  };

  return {
    size: () => sets.length,
    intern(atoms, count) {
      if (count === 0) return 0;
      const hash = hashOf(atoms, count);
      const mask = numbers.length - 1;
      for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
        const set = numbers[slot] ?? 0;
        if (set === 0) break;
        if (hashes[set] === hash && isSame(sets[set] ?? empty, atoms, count)) return set;
      }
      const set = sets.push(atoms.slice(0, count)) - 1;
      hashes.push(hash);
      atomCount += count;
      if (sets.length * 2 > numbers.length) grow();
      else place(set, hash);
      return set;
    },
    atomsOf: (set) => sets[set] ?? empty,
    isFull: () => sets.length > maxSets || atomCount > maxAtoms,
    clear() {
      sets = [empty];
      hashes = [0];
      numbers = new Uint32Array(firstCapacity);
      atomCount = 0;
    },
  };
}

function hashOf(atoms: Uint32Array, count: number): number {
  let hash = count;
  for (let index = 0; index < count; index++) {
    hash = Math.imul(hash ^ (atoms[index] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

function isSame(set: Uint32Array, atoms: Uint32Array, count: number): boolean {
  if (set.length !== count) return false;
  for (let index = 0; index < count; index++) if (set[index] !== atoms[index]) return false;
  return true;
}
