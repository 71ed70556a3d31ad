/** Sets of atoms that hold, each different set with a number of its own. Set 0 is the empty one. */
export interface AtomSets {
  readonly size: number;
  /** The number of a set; `atoms` must be sorted and is copied. */
  intern(atoms: readonly number[]): number;
  atomsOf(set: number): Uint32Array;
  /** Whether so many sets are held that their owner should start again. */
  readonly full: boolean;
  clear(): void;
}

const empty = new Uint32Array(0);

export function createAtomSets(maxSets: number, maxAtoms: number): AtomSets {
  let sets: Uint32Array[] = [empty];
  const numbers = new Map<string, number>([['', 0]]);
  let atomCount = 0;
  return {
    get size() {
      return sets.length;
    },
    intern(atoms) {
      if (atoms.length === 0) return 0;
      const key = atoms.join();
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const set = sets.push(Uint32Array.from(atoms)) - 1;
      numbers.set(key, set);
      atomCount += atoms.length;
      return set;
    },
    atomsOf: (set) => sets[set] ?? empty,
    get full() {
      return sets.length > maxSets || atomCount > maxAtoms;
    },
    clear() {
      sets = [empty];
      numbers.clear();
      numbers.set('', 0);
      atomCount = 0;
    },
  };
}
