/** One record inside a batch, as far as the broker looks at it. */
export interface RecordPosition {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
}

/**
 * Walks the records of an uncompressed batch by their lengths.
 * @returns how many there are, or undefined when the lengths do not add up or offsets are not 0, 1, 2, ...
 */
export function countRecords(records: Buffer): number | undefined {
  const cursor = { at: 0 };
  let count = 0;
  while (cursor.at < records.length) {
    const record = readRecord(records, cursor);
    if (record?.offsetDelta !== count) return undefined;
    count += 1;
  }
  return count;
}

/** The first record whose timestamp is at or after `baseTimestamp + minDelta`; undefined when none is. */
export function findByTime(records: Buffer, minDelta: number): RecordPosition | undefined {
  const cursor = { at: 0 };
  while (cursor.at < records.length) {
    const record = readRecord(records, cursor);
    if (record === undefined) return undefined;
    if (record.timestampDelta >= minDelta) return record;
  }
  return undefined;
}

/**
 * length varint, attributes int8, timestampDelta varlong, offsetDelta varint, then key, value and headers. All lengths are
 * checked, to the record's last byte: consumers believe them, and one that is wrong stops them for good.
 */
function readRecord(records: Buffer, cursor: { at: number }): RecordPosition | undefined {
  const length = readVarint(records, cursor);
  if (length === undefined || length < 1 || cursor.at + length > records.length) return undefined;
  const end = cursor.at + length;
  cursor.at += 1;
  const timestampDelta = readVarint(records, cursor);
  const offsetDelta = readVarint(records, cursor);
  if (timestampDelta === undefined || offsetDelta === undefined || cursor.at > end) return undefined;
  const sound =
    skipBytes(records, cursor, end, -1) &&
    skipBytes(records, cursor, end, -1) &&
    skipHeaders(records, cursor, end);
  return sound && cursor.at === end ? { offsetDelta, timestampDelta } : undefined;
}

function skipHeaders(records: Buffer, cursor: { at: number }, end: number): boolean {
  const headers = readVarint(records, cursor);
  if (headers === undefined || headers < 0 || headers > end - cursor.at) return false;
  for (let index = 0; index < headers; index += 1) {
    if (!skipBytes(records, cursor, end, 0) || !skipBytes(records, cursor, end, -1)) return false;
  }
  return true;
}

/** Passes a length and that many bytes; a length of -1 stands for null where `least` allows it. */
function skipBytes(records: Buffer, cursor: { at: number }, end: number, least: number): boolean {
  const length = readVarint(records, cursor);
  if (length === undefined || length < least || length > end - cursor.at) return false;
  cursor.at += Math.max(length, 0);
  return true;
}

/** A zigzag varint of up to ten bytes; exact up to 2^53. */
function readVarint(buffer: Buffer, cursor: { at: number }): number | undefined {
  let value = 0;
  let scale = 1;
  for (let bytes = 0; bytes < 10; bytes += 1) {
    const byte = buffer[cursor.at];
    if (byte === undefined) return undefined;
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  return undefined;
}
