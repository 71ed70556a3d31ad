/** Which atoms hold for the event being asked. One for all rules of a set: they are asked one after another. */
export interface Truth {
  /** Nothing holds any more. */
  begin(): void;
  add(atoms: Uint32Array): void;
  readonly holds: (atom: number) => boolean;
}

/** For atoms with numbers below `size`. */
export function createTruth(size: number): Truth {
  const stamps = new Uint32Array(size);
  let now = 0;
  return {
    begin() {
      now++;
      if (now === 0xffffffff) {
        stamps.fill(0);
        now = 1;
      }
    },
    add(atoms) {
      for (let index = 0; index < atoms.length; index++) stamps[atoms[index] ?? 0] = now;
    },
    holds: (atom) => stamps[atom] === now,
  };
}
