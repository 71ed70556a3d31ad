/** Writes Kafka's primitive types. Calls chain; `finish` gives the buffers to send, in order. */
export interface Writer {
  int8(value: number): Writer;
  int16(value: number): Writer;
  int32(value: number): Writer;
  int64(value: bigint | number): Writer;
  bool(value: boolean): Writer;
  uuid(value: Buffer): Writer;
  string(value: string | null): Writer;
  bytes(value: Buffer | null): Writer;
  /** Like `bytes`, but the buffer is sent as it is instead of being copied into the answer. */
  bytesByReference(value: Buffer): Writer;
  array<T>(items: readonly T[] | null, item: (value: T) => void): Writer;
  /** An empty set of tagged fields in a flexible version; nothing in the others. */
  taggedFields(): Writer;
  /** Bytes written so far. */
  readonly size: number;
  finish(): Buffer[];
}

/** `flexible`: compact lengths and tagged fields (KIP-482). */
export function createWriter(flexible = false): Writer {
  const finished: Buffer[] = [];
  let finishedBytes = 0;
  let buffer = Buffer.allocUnsafe(512);
  let position = 0;

  function reserve(length: number): number {
    if (position + length > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(512, buffer.length * 2, position + length));
      buffer.copy(larger, 0, 0, position);
      buffer = larger;
    }
    const at = position;
    position += length;
    return at;
  }

  function put(length: number, write: (target: Buffer, at: number) => void): Writer {
    const at = reserve(length);
    write(buffer, at);
    return writer;
  }

  function unsignedVarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      const low = (rest & 0x7f) | 0x80;
      put(1, (target, at) => target.writeUInt8(low, at));
      rest = Math.floor(rest / 128);
    }
    put(1, (target, at) => target.writeUInt8(rest, at));
  }

  function length32(value: number): void {
    if (flexible) unsignedVarint(value + 1);
    else put(4, (target, at) => target.writeInt32BE(value, at));
  }

  const writer: Writer = {
    int8: (value) => put(1, (target, at) => target.writeInt8(value, at)),
    int16: (value) => put(2, (target, at) => target.writeInt16BE(value, at)),
    int32: (value) => put(4, (target, at) => target.writeInt32BE(value, at)),
    int64: (value) => put(8, (target, at) => target.writeBigInt64BE(BigInt(value), at)),
    bool: (value) => put(1, (target, at) => target.writeInt8(value ? 1 : 0, at)),
    uuid: (value) => put(16, (target, at) => value.copy(target, at, 0, 16)),
    string(value) {
      const length = value === null ? -1 : Buffer.byteLength(value);
      if (flexible) unsignedVarint(length + 1);
      else put(2, (target, at) => target.writeInt16BE(length, at));
      if (value !== null) put(length, (target, at) => target.write(value, at));
      return writer;
    },
    bytes(value) {
      length32(value === null ? -1 : value.length);
      if (value !== null) put(value.length, (target, at) => value.copy(target, at));
      return writer;
    },
    bytesByReference(value) {
      length32(value.length);
      finished.push(buffer.subarray(0, position), value);
      finishedBytes += position + value.length;
      buffer = buffer.subarray(position);
      position = 0;
      return writer;
    },
    array(items, item) {
      length32(items === null ? -1 : items.length);
      for (const value of items ?? []) item(value);
      return writer;
    },
    taggedFields() {
      if (flexible) unsignedVarint(0);
      return writer;
    },
    get size() {
      return finishedBytes + position;
    },
    finish() {
      return position > 0 ? [...finished, buffer.subarray(0, position)] : finished;
    },
  };
  return writer;
}
