/** Numbers the distinct combinations of codes that rows have in some columns, in the order of their first rows. */
export interface TupleIndex {
  /** The number of a row's combination. */
  numberOf(row: number): number;
}

/** By hash of the codes, open addressing, at most half full; no key is made of a row. */
export function createTupleIndex(columns: readonly Uint32Array[]): TupleIndex {
  const rows: number[] = [];
  /** Numbers plus one, 0 for free. */
  let slots = new Uint32Array(64);
  let previous = -1;

  const grow = (): void => {
    slots = new Uint32Array(slots.length * 2);
    for (const [number, row] of rows.entries()) {
      let slot = hashAt(columns, row) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
  };

  return {
    numberOf(row) {
      // Events of one machine often come one after another.
      if (previous !== -1 && isSame(columns, row, rows[previous] ?? 0)) return previous;
      let slot = hashAt(columns, row) & (slots.length - 1);
      for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
        previous = (slots[slot] ?? 0) - 1;
        if (isSame(columns, row, rows[previous] ?? 0)) return previous;
      }
      slots[slot] = rows.push(row);
      previous = rows.length - 1;
      if (rows.length * 2 > slots.length) grow();
      return previous;
    },
  };
}

function hashAt(columns: readonly Uint32Array[], row: number): number {
  let hash = 0;
  for (let index = 0; index < columns.length; index += 1) {
    hash = Math.imul(hash ^ (columns[index]?.[row] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

function isSame(columns: readonly Uint32Array[], row: number, other: number): boolean {
  for (let index = 0; index < columns.length; index += 1) {
    const codes = columns[index];
    if (codes?.[row] !== codes?.[other]) return false;
  }
  return true;
}
