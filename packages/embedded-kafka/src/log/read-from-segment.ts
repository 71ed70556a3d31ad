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
    let position = index.floor(wanted.offset).position;
    // The index is sparse: step over batches before the wanted one by their headers.
    let buffer = await readFully(
      file,
      position,
      Math.min(Math.max(wanted.maxBytes, batchHeaderBytes), end - position),
    );
    let from = 0;
    while (true) {
      const header = readBatchHeader(buffer, from);
      if (header !== undefined && header.lastOffset >= wanted.offset) break;
      if (header === undefined && (from === 0 || end - position - from < batchHeaderBytes)) {
        throw new Error(
          `There is no record batch at position ${position + from} of the segment ${segment.baseOffset}.`,
        );
      }
      if (header !== undefined) from += header.sizeBytes;
      if (from + batchHeaderBytes > buffer.length) {
        position += from;
        from = 0;
        buffer = await readFully(
          file,
          position,
          Math.min(Math.max(wanted.maxBytes, batchHeaderBytes), end - position),
        );
      }
    }
    const whole = wholeBatches(buffer, from, wanted.maxBytes);
    if (whole.length > 0) return whole;
    const first = readBatchHeader(buffer, from);
    if (first === undefined || (first.sizeBytes > wanted.maxBytes && !wanted.atLeastOne))
      return Buffer.alloc(0);
    return readFully(file, position + from, first.sizeBytes);
  });
}

/** The batches that are in the buffer completely and fit into `maxBytes`. */
function wholeBatches(buffer: Buffer, from: number, maxBytes: number): Buffer {
  let to = from;
  while (true) {
    const header = readBatchHeader(buffer, to);
    if (header === undefined) break;
    const next = to + header.sizeBytes;
    if (next > buffer.length || next - from > maxBytes) break;
    to = next;
  }
  return buffer.subarray(from, to);
}
