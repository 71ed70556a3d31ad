/**
 * Hands out blocks of one growing stretch of memory: sizes are powers of two, each block stands at a multiple of its size, and two free
 * halves become one again (Knuth, The Art of Computer Programming 1, 2.5: the buddy system).
 */
export interface BlockAllocator {
  /** Where a block of at least so many bytes starts. @throws RangeError when there is no more memory */
  allocate(bytes: number): number;
  /** @throws RangeError for what is no block in use */
  release(start: number): void;
  /** Bytes of all blocks in use. */
  readonly used: number;
}

/** Bytes of the smallest block: a line of the cache. */
const smallest = 64;

/**
 * @param bounds the memory to hand out: from `start` (a multiple of no more than its own size) to `end`
 * @param grow asks for memory up to so many bytes; returns where it then ends, which may be beyond
 */
export function createBlockAllocator(
  bounds: { readonly start: number; readonly end: number },
  grow: (end: number) => number,
): BlockAllocator {
  /** By the power of two of their size. */
  const free: Set<number>[] = Array.from({ length: 32 }, () => new Set<number>());
  const orders = new Map<number, number>();
  let end = bounds.start;
  let used = 0;

  const freeOf = (order: number): Set<number> => free[order] as Set<number>;
  /** Adds a block that is free, with what is free beside it. */
  const put = (block: number, size: number): void => {
    let start = block;
    let order = size;
    for (;;) {
      const other = start % 2 ** (order + 1) === 0 ? start + 2 ** order : start - 2 ** order;
      if (order === 31 || !freeOf(order).delete(other)) break;
      start = Math.min(start, other);
      order += 1;
    }
    freeOf(order).add(start);
  };
  const extend = (to: number): void => {
    while (end < to) {
      // The largest block that may stand here and does not reach too far.
      let order = Math.log2(smallest);
      while (order < 30 && end % 2 ** (order + 1) === 0 && end + 2 ** (order + 1) <= to) order += 1;
      put(end, order);
      end += 2 ** order;
    }
  };
  extend(bounds.end);
  return {
    get used() {
      return used;
    },
    allocate(bytes) {
      const order = Math.ceil(Math.log2(Math.max(bytes, smallest)));
      const size = 2 ** order;
      let from = order;
      while (from < free.length && freeOf(from).size === 0) from += 1;
      if (from === free.length) {
        extend(grow(Math.ceil(end / size) * size + size));
        from = order;
        while (freeOf(from).size === 0) from += 1;
      }
      const [start] = freeOf(from) as unknown as Iterable<number> as [number];
      freeOf(from).delete(start);
      for (; from > order; from -= 1) freeOf(from - 1).add(start + 2 ** (from - 1));
      orders.set(start, order);
      used += size;
      return start;
    },
    release(start) {
      const order = orders.get(start);
      if (order === undefined) throw new RangeError(`No block in use starts at ${start}.`);
      orders.delete(start);
      used -= 2 ** order;
      put(start, order);
    },
  };
}
