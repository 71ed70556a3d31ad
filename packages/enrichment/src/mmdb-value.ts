import { MmdbError } from './mmdb-error.ts';

/** Whole numbers beyond 2^53 are decimal text. */
export type MmdbValue =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue };

/** What one record may hold; records of real databases have about a hundred values and two kilobytes. */
export const mmdbLimits = { depth: 64, values: 10_000, bytes: 1024 * 1024 } as const;

/**
 * Decodes the value at an offset of a data section. Pointers are followed, and since a pointer may lead anywhere the
 * work is bounded by `mmdbLimits`: a circle ends as an error. @throws MmdbError
 */
export function readMmdbValue(data: Buffer, offset: number): MmdbValue {
  return readValue({ data, at: offset, values: 0, bytes: 0 }, 0);
}

interface Cursor {
  readonly data: Buffer;
  at: number;
  values: number;
  bytes: number;
}

const types = {
  pointer: 1,
  text: 2,
  double: 3,
  bytes: 4,
  uint16: 5,
  uint32: 6,
  map: 7,
  int32: 8,
  uint64: 9,
  uint128: 10,
  list: 11,
  boolean: 14,
  float: 15,
} as const;

function readValue(cursor: Cursor, depth: number): MmdbValue {
  if (depth > mmdbLimits.depth)
    throw new MmdbError(`The file is broken: a record has more than ${mmdbLimits.depth} levels.`);
  cursor.values += 1;
  if (cursor.values > mmdbLimits.values)
    throw new MmdbError(`The file is broken: a record has more than ${mmdbLimits.values} values.`);
  const control = byte(cursor);
  let type = control >>> 5;
  if (type === types.pointer) return readPointed(cursor, control, depth);
  if (type === 0) type = byte(cursor) + 7;
  const size = readSize(cursor, control & 31);
  if (type === types.map) return readMap(cursor, size, depth);
  if (type === types.list) return readList(cursor, size, depth);
  if (type === types.boolean) return size !== 0;
  return readScalar(cursor, type, size);
}

function readMap(cursor: Cursor, size: number, depth: number): MmdbValue {
  const map: Record<string, MmdbValue> = Object.create(null);
  for (let count = 0; count < size; count += 1) {
    const key = readValue(cursor, depth + 1);
    if (typeof key !== 'string') throw new MmdbError('The file is broken: the key of a map is no text.');
    map[key] = readValue(cursor, depth + 1);
  }
  return map;
}

function readList(cursor: Cursor, size: number, depth: number): MmdbValue {
  const list: MmdbValue[] = [];
  for (let count = 0; count < size; count += 1) list.push(readValue(cursor, depth + 1));
  return list;
}

function readPointed(cursor: Cursor, control: number, depth: number): MmdbValue {
  const size = (control >>> 3) & 3;
  const high = size === 3 ? 0 : control & 7;
  const rest = unsigned(take(cursor, size + 1));
  const base = [0, 2048, 526_336, 0][size] ?? 0;
  const target = high * 2 ** (8 * (size + 1)) + rest + base;
  const back = cursor.at;
  cursor.at = target;
  if (byte(cursor) >>> 5 === types.pointer)
    throw new MmdbError('The file is broken: a pointer points to a pointer.');
  cursor.at = target;
  const value = readValue(cursor, depth + 1);
  cursor.at = back;
  return value;
}

function readScalar(cursor: Cursor, type: number, size: number): MmdbValue {
  cursor.bytes += size;
  if (cursor.bytes > mmdbLimits.bytes)
    throw new MmdbError(`The file is broken: a record has more than ${mmdbLimits.bytes} bytes.`);
  const bytes = take(cursor, size);
  switch (type) {
    case types.text:
      return bytes.toString('utf8');
    case types.bytes:
      return Uint8Array.from(bytes);
    case types.double:
      return exactly(bytes, 8).readDoubleBE();
    case types.float:
      return exactly(bytes, 4).readFloatBE();
    case types.uint16:
      return unsigned(atMost(bytes, 2));
    case types.uint32:
      return unsigned(atMost(bytes, 4));
    case types.int32:
      return size === 4 ? bytes.readInt32BE() : unsigned(atMost(bytes, 4));
    case types.uint64:
      return large(atMost(bytes, 8));
    case types.uint128:
      return large(atMost(bytes, 16));
    default:
      throw new MmdbError(`The file is broken: it has a value of the unknown type ${type}.`);
  }
}

function readSize(cursor: Cursor, size: number): number {
  if (size < 29) return size;
  if (size === 29) return 29 + byte(cursor);
  return size === 30 ? 285 + unsigned(take(cursor, 2)) : 65_821 + unsigned(take(cursor, 3));
}

function byte(cursor: Cursor): number {
  const value = cursor.data[cursor.at];
  if (value === undefined) throw new MmdbError('The file is broken: a value lies outside its data.');
  cursor.at += 1;
  return value;
}

function take(cursor: Cursor, size: number): Buffer {
  const end = cursor.at + size;
  if (end > cursor.data.length) throw new MmdbError('The file is broken: a value ends outside its data.');
  const bytes = cursor.data.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function unsigned(bytes: Buffer): number {
  return bytes.length === 0 ? 0 : bytes.readUIntBE(0, bytes.length);
}

function large(bytes: Buffer): number | string {
  const value = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
}

function atMost(bytes: Buffer, size: number): Buffer {
  if (bytes.length > size) throw new MmdbError('The file is broken: a number is longer than its type.');
  return bytes;
}

function exactly(bytes: Buffer, size: number): Buffer {
  if (bytes.length !== size) throw new MmdbError('The file is broken: a number has the wrong length.');
  return bytes;
}
