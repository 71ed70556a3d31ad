/**
 * Whether unpacked bytes really are the records that a batch's header announces (KIP-98, message format 2): every length inside
 * its bounds, offset deltas rising within 0 to `lastOffsetDelta`, and nothing left over. A broker need not look inside a
 * compressed batch, and kafkajs believes what it finds there: a wrong length ends the consumer for good, a wrong
 * offset makes everything behind it look as if it had been read.
 */
export function areRecordsSound(records: Buffer, count: number, lastOffsetDelta: number): boolean {
  const cursor = { at: 0 };
  let offsetDelta = -1;
  for (let i = 0; i < count; i++) {
    const length = readVarint(records, cursor);
    if (length === undefined || length < 1 || length > records.length - cursor.at) return false;
    const end = cursor.at + length;
    cursor.at += 1; // attributes
    const timestampDelta = readVarint(records, cursor);
    const delta = readVarint(records, cursor);
    if (timestampDelta === undefined || delta === undefined) return false;
    if (delta <= offsetDelta || delta > lastOffsetDelta) return false;
    offsetDelta = delta;
    if (!skipBytes(records, cursor, end, -1) || !skipBytes(records, cursor, end, -1)) return false;
    if (!skipHeaders(records, cursor, end) || cursor.at !== end) return false;
  }
  return cursor.at === records.length;
}

function skipHeaders(records: Buffer, cursor: { at: number }, end: number): boolean {
  const headers = readVarint(records, cursor);
  if (headers === undefined || headers < 0 || headers > end - cursor.at) return false;
  for (let i = 0; i < headers; i++) {
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
  for (let bytes = 0; bytes < 10; bytes++) {
    const byte = buffer[cursor.at];
    if (byte === undefined) return undefined;
    cursor.at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  return undefined;
}
