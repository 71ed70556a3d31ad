import { batchCodec, batchHeaderBytes } from '../protocol/record-batch.ts';
import { findByTime } from '../protocol/records.ts';
import { scanBatches } from './scan-batches.ts';
import type { Segment } from './segment.ts';

export interface OffsetAndTimestamp {
  readonly offset: number;
  readonly timestamp: number;
}

/**
 * The first record of the segment at or after `timestamp`. Inside a compressed batch the answer is the batch's first
 * record: the reader then sees a few records too many, never one too few.
 */
export async function findOffsetByTime(
  segment: Segment,
  timestamp: number,
): Promise<OffsetAndTimestamp | undefined> {
  const index = await segment.index();
  if (index.maxTimestamp < timestamp) return undefined;
  const { offset, position } = index.floorByTime(timestamp);
  let found: OffsetAndTimestamp | undefined;
  const range = { start: position, end: segment.sizeBytes, firstOffset: offset };
  await segment.use((file) =>
    scanBatches(file, range, ({ header, bytes }) => {
      if (header.maxTimestamp < timestamp) return true;
      const record =
        batchCodec(header) === 0
          ? findByTime(bytes.subarray(batchHeaderBytes), timestamp - header.baseTimestamp)
          : { offsetDelta: 0, timestampDelta: 0 };
      if (record === undefined) return true;
      found = {
        offset: header.baseOffset + record.offsetDelta,
        timestamp: header.baseTimestamp + record.timestampDelta,
      };
      return false;
    }),
  );
  return found;
}
