/** Columns of codes for the batches of one call of the decoder: their memory is used again by the next call. */
export interface CodePool {
  /** Zeros, as many as asked for. */
  take(length: number): Uint32Array;
  /** Everything taken before may be given out again. */
  reset(): void;
}

const firstCodes = 1 << 16;

export function createCodePool(): CodePool {
  let slab = new Uint32Array(firstCodes);
  let used = 0;
  let wanted = 0;
  return {
    take(length) {
      wanted += length;
      if (used + length > slab.length) return new Uint32Array(length);
      const codes = slab.subarray(used, used + length);
      used += length;
      return codes.fill(0);
    },
    reset() {
      // What did not fit the last time fits from now on.
      if (wanted > slab.length) slab = new Uint32Array(2 ** Math.ceil(Math.log2(wanted)));
      used = 0;
      wanted = 0;
    },
  };
}
