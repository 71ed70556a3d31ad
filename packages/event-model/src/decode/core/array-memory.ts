/** Where arrays are kept that may be read by the decoder's core. New arrays hold zeros. */
export interface ArrayMemory {
  bytes(length: number): Uint8Array;
  ints(length: number): Int32Array;
  words(length: number): Uint32Array;
  doubles(length: number): Float64Array;
  /** Sets elements from `from` up to `to` to 0. */
  clear(array: CoreArray, from: number, to: number): void;
  /** Copies an array to the start of another of the same type. */
  copy(from: CoreArray, to: CoreArray): void;
  /** Gives an array's memory back; nobody may use it any more. */
  release(array: CoreArray): void;
}

export type CoreArray = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** Arrays that the core never reads, each for itself. */
export const heapMemory: ArrayMemory = {
  bytes: (length) => new Uint8Array(length),
  ints: (length) => new Int32Array(length),
  words: (length) => new Uint32Array(length),
  doubles: (length) => new Float64Array(length),
  clear: (array, from, to) => {
    array.fill(0, from, to);
  },
  copy: (from, to) => {
    to.set(from);
  },
  release: () => {},
};
