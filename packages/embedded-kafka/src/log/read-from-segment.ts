import { batchHeaderBytes, readBatchHeader } from '../protocol/record-batch.ts';
import { readFully } from './scan-batches.ts';
import type { Segment } from './segment.ts';

/**
 * Whole batches of a segment from the one that holds `offset` on. They are read from the file into one buffer, and the
 * answer is a view of it.
 */
export async function readFromSegment(
  segment: Segment,
  wanted: { readonly offset: number; readonly maxBytes: number; readonly atLeastOne: boolean },
): Promise<Buffer> {
  const end = segment.sizeBytes;
  const index = await segment.index();
  return segment.use(async (file) => {
    // The index is sparse: batches before the wanted one are stepped over by their headers.
    const chunkBytes = Math.max(wanted.maxBytes, batchHeaderBytes);
    let position = index.floor(wanted.offset).position;
    let buffer = await readFully(file, position, Math.min(chunkBytes, end - position));
    let from = 0;
    let header = readBatchHeader(buffer, from);
    while (header !== undefined && header.lastOffset < wanted.offset) {
      from += header.sizeBytes;
      if (from + batchHeaderBytes > buffer.length) {
        position += from;
        from = 0;
        buffer = await readFully(file, position, Math.min(chunkBytes, end - position));
      }
      header = readBatchHeader(buffer, from);
    }
    if (header === undefined) {
      throw new Error(
        `There is no record batch at position ${position + from} of segment ${segment.baseOffset}.`,
      );
    }
    const whole = wholeBatches(buffer, from, wanted.maxBytes);
    if (whole.length > 0) return whole;
    if (header.sizeBytes > wanted.maxBytes && !wanted.atLeastOne) return Buffer.alloc(0);
    return readFully(file, position + from, header.sizeBytes);
  });
}

/** The batches that are in the buffer completely and fit into `maxBytes`. */
function wholeBatches(buffer: Buffer, from: number, maxBytes: number): Buffer {
  let to = from;
  let header = readBatchHeader(buffer, to);
  while (header !== undefined) {
    const next = to + header.sizeBytes;
    if (next > buffer.length || next - from > maxBytes) break;
    to = next;
    header = readBatchHeader(buffer, to);
  }
  return buffer.subarray(from, to);
}
