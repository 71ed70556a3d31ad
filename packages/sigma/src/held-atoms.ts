/** Collects which of a field's atoms hold for one value, each once, without allocating. Atoms are named by their place in the field's list. */
export interface HeldAtoms {
  /** Forgets what was collected. */
  begin(): void;
  has(place: number): boolean;
  add(place: number): void;
  /** How many hold; their numbers are in `numbers`, sorted. */
  finish(): number;
  readonly numbers: Uint32Array;
}

/** `atoms` are the numbers of the field's atoms, in rising order. */
export function createHeldAtoms(atoms: readonly number[]): HeldAtoms {
  const numberOf = Uint32Array.from(atoms);
  const stamps = new Uint32Array(atoms.length);
  const places = new Uint32Array(atoms.length);
  const numbers = new Uint32Array(atoms.length);
  let now = 0;
  let count = 0;
  return {
    numbers,
    begin() {
      count = 0;
      now++;
      if (now === 0xffffffff) {
        stamps.fill(0);
        now = 1;
      }
    },
    has: (place) => stamps[place] === now,
    add(place) {
      if (stamps[place] === now) return;
      stamps[place] = now;
      places[count++] = place;
    },
    finish() {
      sortFirst(places, count);
      for (let index = 0; index < count; index++) numbers[index] = numberOf[places[index] ?? 0] ?? 0;
      return count;
    },
  };
}

function sortFirst(places: Uint32Array, count: number): void {
  if (count > 24) {
    places.subarray(0, count).sort();
    return;
  }
  for (let index = 1; index < count; index++) {
    const place = places[index] ?? 0;
    let at = index - 1;
    while (at >= 0 && (places[at] ?? 0) > place) {
      places[at + 1] = places[at] ?? 0;
      at--;
    }
    places[at + 1] = place;
  }
}
