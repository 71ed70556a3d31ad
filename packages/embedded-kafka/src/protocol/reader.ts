import { MalformedRequestError } from './error-codes.ts';

/** Elements that the arrays of one request may have together; real clients stay far below. */
const maxElements = 200_000;

/**
 * Reads Kafka's primitive types from one request, front to back. Every length is checked against what is left, so a
 * hostile length costs nothing; anything impossible throws MalformedRequestError.
 */
export interface Reader {
  /** Of the next byte. */
  readonly position: number;
  int8(): number;
  int16(): number;
  int32(): number;
  int64(): bigint;
  /** An int64 that is an offset, a timestamp or a size: refused when a double cannot hold it exactly. */
  long(): number;
  bool(): boolean;
  uuid(): Buffer;
  string(): string;
  nullableString(): string | null;
  /** A view into the request, not a copy. */
  bytes(): Buffer;
  nullableBytes(): Buffer | null;
  /** Null where the protocol allows a null array. `item` is called once per element. */
  nullableArray<T>(item: () => T): T[] | null;
  array<T>(item: () => T): T[];
  /** Unknown tagged fields of a flexible version are skipped; nothing is read in the others. */
  taggedFields(): void;
}

/** `flexible`: compact lengths and tagged fields (KIP-482). */
export function createReader(buffer: Buffer, start = 0, flexible = false): Reader {
  let position = start;
  let elements = 0;

  function take(length: number): number {
    if (length < 0 || position + length > buffer.length) {
      throw new MalformedRequestError(
        `a field of ${length} bytes does not fit into the ${buffer.length - position} bytes left of the request`,
      );
    }
    const at = position;
    position += length;
    return at;
  }

  function unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = buffer.readUInt8(take(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedRequestError('a varint is longer than five bytes');
  }

  const int16 = () => buffer.readInt16BE(take(2));
  const int32 = () => buffer.readInt32BE(take(4));
  const stringLength = () => (flexible ? unsignedVarint() - 1 : int16());
  const length32 = () => (flexible ? unsignedVarint() - 1 : int32());

  function notNull<T>(value: T | null, what: string): T {
    if (value === null) throw new MalformedRequestError(`${what} is null where the protocol demands one`);
    return value;
  }

  function nullableString(): string | null {
    const length = stringLength();
    if (length === -1) return null;
    const at = take(length);
    return buffer.toString('utf8', at, at + length);
  }

  function nullableBytes(): Buffer | null {
    const length = length32();
    if (length === -1) return null;
    const at = take(length);
    return buffer.subarray(at, at + length);
  }

  function nullableArray<T>(item: () => T): T[] | null {
    const length = length32();
    if (length === -1) return null;
    // Every element takes at least one byte, so a longer array than that is a lie.
    if (length < 0 || length > buffer.length - position) {
      throw new MalformedRequestError(`an array of ${length} elements cannot fit into the request`);
    }
    elements += length;
    if (elements > maxElements)
      throw new MalformedRequestError(`more than ${maxElements} array elements in one request`);
    const items: T[] = [];
    for (let index = 0; index < length; index += 1) items.push(item());
    return items;
  }

  function long(): number {
    const value = Number(buffer.readBigInt64BE(take(8)));
    if (!Number.isSafeInteger(value))
      throw new MalformedRequestError(`the 64-bit number ${value} is out of range`);
    return value;
  }

  return {
    get position() {
      return position;
    },
    int8: () => buffer.readInt8(take(1)),
    int16,
    int32,
    int64: () => buffer.readBigInt64BE(take(8)),
    long,
    bool: () => buffer.readInt8(take(1)) !== 0,
    uuid() {
      const at = take(16);
      return buffer.subarray(at, at + 16);
    },
    nullableString,
    string: () => notNull(nullableString(), 'a string'),
    nullableBytes,
    bytes: () => notNull(nullableBytes(), 'a byte field'),
    nullableArray,
    array: <T>(item: () => T) => notNull(nullableArray(item), 'an array'),
    taggedFields() {
      if (!flexible) return;
      const count = unsignedVarint();
      for (let index = 0; index < count; index += 1) {
        unsignedVarint();
        take(unsignedVarint());
      }
    },
  };
}
