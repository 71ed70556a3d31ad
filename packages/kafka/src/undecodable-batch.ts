import { areRecordsSound } from './sound-records.ts';

/**
 * Set on a record that stands for one whose batch could not be unpacked: its value is null and this header says why.
 */
export const undecodableHeader = 'parapet-undecodable';

/** Bytes of a record batch (format 2) before its records, from its base offset to its record count. */
const headerBytes = 61;
const maxRecords = 200_000;

/**
 * A batch that does not unpack, or not to the records it announces, would stop the consumer or be fetched again for ever, and hold up everything behind it. Instead each of its
 * records is replaced by an empty one with `undecodableHeader`, so that its offset is passed and its loss is told.
 * kafkajs hands a codec a view into the fetched batch, so the header (how many records) can be read in front of it.
 */
export function tolerant(codec: number, decompress: (data: Buffer) => Promise<Buffer>) {
  return async (data: Buffer): Promise<Buffer> => {
    const announced = readHeader(data, codec);
    try {
      const records = await decompress(data);
      if (announced !== undefined && !areRecordsSound(records, announced.count, announced.lastOffsetDelta)) {
        throw new Error('what was packed is not the records that the batch announces');
      }
      return records;
    } catch (error) {
      if (announced === undefined) throw error;
      return emptyRecords(announced.count, error instanceof Error ? error.message : String(error));
    }
  };
}

/** What the header of the batch around `data` announces, or undefined when there is no sane one in front of it. */
function readHeader(data: Buffer, codec: number): { count: number; lastOffsetDelta: number } | undefined {
  if (data.byteOffset < headerBytes) return undefined;
  const header = new DataView(data.buffer, data.byteOffset - headerBytes, headerBytes);
  const length = header.getInt32(8);
  const magic = header.getInt8(16);
  const attributes = header.getInt16(21);
  const lastOffsetDelta = header.getInt32(23);
  const count = header.getInt32(57);
  const sane =
    magic === 2 &&
    (attributes & 7) === codec &&
    length === headerBytes - 12 + data.length &&
    count > 0 &&
    count <= maxRecords &&
    lastOffsetDelta >= count - 1;
  return sane ? { count, lastOffsetDelta } : undefined;
}

function emptyRecords(count: number, reason: string): Buffer {
  const key = Buffer.from(undecodableHeader);
  const value = Buffer.from(reason.slice(0, 120));
  const headers = Buffer.concat([varint(1), varint(key.length), key, varint(value.length), value]);
  const records: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    // attributes, timestamp delta 0, offset delta, no key, no value, headers
    const body = Buffer.concat([Buffer.from([0, 0]), varint(i), varint(-1), varint(-1), headers]);
    records.push(varint(body.length), body);
  }
  return Buffer.concat(records);
}

/** Zigzag, base 128. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
