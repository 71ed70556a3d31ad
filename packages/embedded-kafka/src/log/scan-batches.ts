import type { FileHandle } from 'node:fs/promises';
import {
  type BatchHeader,
  batchHeaderBytes,
  isBatchIntact,
  readBatchHeader,
} from '../protocol/record-batch.ts';

const chunkBytes = 1024 * 1024;

/** A batch found in a segment file. `bytes` is the whole batch, valid during the call only. */
export interface ScannedBatch {
  readonly header: BatchHeader;
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * Walks the batches of a file from `start` to `end` while each is whole, intact (CRC-32C) and starts with the offset after
 * the one before it.
 * @param visit returns false to stop before the batch after this one.
 * @returns the position behind the last such batch.
 */
export async function scanBatches(
  file: FileHandle,
  range: { readonly start: number; readonly end: number; readonly firstOffset: number },
  visit: (batch: ScannedBatch) => boolean,
): Promise<number> {
  let position = range.start;
  let expectedOffset = range.firstOffset;
  let wanted = chunkBytes;
  while (range.end - position >= batchHeaderBytes) {
    const chunk = await readFully(file, position, Math.min(wanted, range.end - position));
    wanted = chunkBytes;
    let at = 0;
    let header = readBatchHeader(chunk, at);
    while (header !== undefined) {
      if (at + header.sizeBytes > chunk.length) {
        if (position + at + header.sizeBytes > range.end) return position + at;
        wanted = Math.max(chunkBytes + 1, header.sizeBytes);
        break;
      }
      if (header.baseOffset !== expectedOffset || !isBatchIntact(chunk, at, header)) return position + at;
      const bytes = chunk.subarray(at, at + header.sizeBytes);
      const goOn = visit({ header, position: position + at, bytes });
      at += header.sizeBytes;
      expectedOffset = header.lastOffset + 1;
      if (!goOn) return position + at;
      header = readBatchHeader(chunk, at);
    }
    // Not one batch, and more bytes would not help: what is here is no batch.
    if (at === 0 && wanted === chunkBytes) return position;
    position += at;
  }
  return position;
}

/** Reads exactly `length` bytes. @throws when the file ends before. */
export async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0)
      throw new Error(`The file ends at ${position + done}, before position ${position + length}.`);
    done += bytesRead;
  }
  return buffer;
}
