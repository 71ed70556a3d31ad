/** Columns of codes for the batches of one call of the decoder: their memory is used again by the next call. */
export interface CodePool {
  /** Zeros, as many as asked for. */
  take(length: number): Uint32Array;
  /** The same code in each row: one column for all who ask, not to be written to. */
  uniform(code: number, length: number): Uint32Array;
  /** Of each row its number plus one: one column for all who ask, not to be written to. */
  ordinal(length: number): Uint32Array;
  /** Everything taken before may be given out again. */
  reset(): void;
}

const firstCodes = 1 << 16;

export function createCodePool(): CodePool {
  let slab = new Uint32Array(firstCodes);
  let used = 0;
  let wanted = 0;
  const uniforms: Uint32Array[] = [];
  let ordinals = new Uint32Array(0);
  const next = (length: number): Uint32Array => {
    wanted += length;
    if (used + length > slab.length) return new Uint32Array(length);
    used += length;
    return slab.subarray(used - length, used);
  };
  return {
    take: (length) => next(length).fill(0),
    uniform(code, length) {
      // Those of the call's other sources may have other lengths.
      let codes = uniforms.find((known) => known.length === length && known[0] === code);
      if (codes === undefined) {
        codes = next(length).fill(code);
        uniforms.push(codes);
      }
      return codes;
    },
    ordinal(length) {
      if (ordinals.length < length) ordinals = new Uint32Array(2 * length).map((_, row) => row + 1);
      return ordinals.subarray(0, length);
    },
    reset() {
      // What did not fit the last time fits from now on.
      if (wanted > slab.length) slab = new Uint32Array(2 ** Math.ceil(Math.log2(wanted)));
      used = 0;
      wanted = 0;
      uniforms.length = 0;
    },
  };
}
