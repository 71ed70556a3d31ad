import { crc32c } from '@node-rs/crc32';

/** Where to start looking in a segment: a batch starts at `position` with `offset`. */
export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
}

/**
 * Offset and time index of one segment in one: an entry for about every 64 KiB of log, holding a batch's offset, its
 * position, and the largest timestamp of all batches before it.
 */
export interface SparseIndex {
  readonly maxTimestamp: number;
  /** Batches must come in order of position. */
  add(batch: { readonly offset: number; readonly position: number; readonly maxTimestamp: number }): void;
  /** The last entry at or before the offset; the segment's start when there is none. */
  floor(offset: number): IndexEntry;
  /** The last entry before which every timestamp is below `timestamp`. */
  floorByTime(timestamp: number): IndexEntry;
  /** For a sealed segment of that size. */
  serialize(sizeBytes: number): Buffer;
}

const bytesPerEntry = 64 * 1024;
const magic = 0x50495831;
const headerBytes = 32;

export function createSparseIndex(baseOffset: number): SparseIndex {
  return indexOver(baseOffset, [], -1);
}

/** Reads what `serialize` wrote. Undefined when it is damaged or belongs to a segment of another size: scan again. */
export function parseSparseIndex(
  bytes: Buffer,
  baseOffset: number,
  sizeBytes: number,
): SparseIndex | undefined {
  if (bytes.length < headerBytes || (bytes.length - headerBytes) % 24 !== 0) return undefined;
  if (bytes.readUInt32LE(0) !== magic || bytes.readUInt32LE(4) !== crc32c(bytes.subarray(8)))
    return undefined;
  if (bytes.readDoubleLE(8) !== baseOffset || bytes.readDoubleLE(16) !== sizeBytes) return undefined;
  const entries: number[] = [];
  for (let at = headerBytes; at < bytes.length; at += 8) entries.push(bytes.readDoubleLE(at));
  return indexOver(baseOffset, entries, bytes.readDoubleLE(24));
}

/** `entries`: offset, position and largest timestamp before, flat, three numbers an entry. */
function indexOver(baseOffset: number, entries: number[], initialMaxTimestamp: number): SparseIndex {
  let maxTimestamp = initialMaxTimestamp;
  const start = { offset: baseOffset, position: 0 };

  /** Entries are in order, so those for which `holds` come first: the last of them. */
  function lastWhere(holds: (entry: number) => boolean): IndexEntry {
    let low = 0;
    let high = entries.length / 3;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(middle * 3)) low = middle + 1;
      else high = middle;
    }
    const offset = entries[(low - 1) * 3];
    const position = entries[(low - 1) * 3 + 1];
    return offset === undefined || position === undefined ? start : { offset, position };
  }

  return {
    get maxTimestamp() {
      return maxTimestamp;
    },
    add(batch) {
      const lastPosition = entries.at(-2);
      if (batch.position - (lastPosition ?? 0) >= bytesPerEntry) {
        entries.push(batch.offset, batch.position, maxTimestamp);
      }
      if (batch.maxTimestamp > maxTimestamp) maxTimestamp = batch.maxTimestamp;
    },
    floor: (offset) => lastWhere((entry) => (entries[entry] ?? 0) <= offset),
    floorByTime: (timestamp) => lastWhere((entry) => (entries[entry + 2] ?? 0) < timestamp),
    serialize(sizeBytes) {
      const bytes = Buffer.alloc(headerBytes + entries.length * 8);
      bytes.writeUInt32LE(magic, 0);
      bytes.writeDoubleLE(baseOffset, 8);
      bytes.writeDoubleLE(sizeBytes, 16);
      bytes.writeDoubleLE(maxTimestamp, 24);
      for (const [index, value] of entries.entries()) bytes.writeDoubleLE(value, headerBytes + index * 8);
      bytes.writeUInt32LE(crc32c(bytes.subarray(8)), 4);
      return bytes;
    },
  };
}
