/** Bytes that come in blocks, to be taken in pieces of other sizes. */
export interface ByteQueue {
  /** The next bytes, as many as there are at hand; undefined at the end. */
  next(): Promise<Buffer | undefined>;
  /** Makes bytes the next ones again. */
  putBack(bytes: Buffer): void;
  /** The next `length` bytes, fewer at the end; they stay. */
  peek(length: number): Promise<Buffer>;
  take(length: number): Promise<Buffer>;
  /** Goes on behind the next zero, without keeping what is before it. */
  passZero(): Promise<void>;
  /** Goes on at the next byte that is no zero. */
  passZeros(): Promise<void>;
}

export function createByteQueue(blocks: AsyncIterator<Buffer, void, void>): ByteQueue {
  let rest: Buffer = Buffer.alloc(0);

  async function next(): Promise<Buffer | undefined> {
    if (rest.length === 0) return (await blocks.next()).value ?? undefined;
    const bytes = rest;
    rest = Buffer.alloc(0);
    return bytes;
  }
  async function peek(length: number): Promise<Buffer> {
    while (rest.length < length) {
      const { value } = await blocks.next();
      if (value === undefined) break;
      rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    }
    return rest.subarray(0, length);
  }
  return {
    next,
    putBack(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([bytes, rest]);
    },
    peek,
    async take(length) {
      const taken = await peek(length);
      rest = rest.subarray(taken.length);
      return taken;
    },
    async passZero() {
      for (let bytes = await next(); bytes !== undefined; bytes = await next()) {
        const zero = bytes.indexOf(0);
        if (zero < 0) continue;
        rest = bytes.subarray(zero + 1);
        return;
      }
    },
    async passZeros() {
      for (let bytes = await next(); bytes !== undefined; bytes = await next()) {
        const other = bytes.findIndex((byte) => byte !== 0);
        if (other < 0) continue;
        rest = bytes.subarray(other);
        return;
      }
    },
  };
}
