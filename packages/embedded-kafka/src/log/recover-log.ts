import { mkdir, open, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProducerStates, type ProducerStates } from './producer-states.ts';
import { scanBatches } from './scan-batches.ts';
import {
  createSegment,
  openActiveSegment,
  openSealedSegment,
  type Segment,
  segmentFileName,
} from './segment.ts';
import { createSparseIndex } from './sparse-index.ts';

export interface RecoveredLog {
  /** In order of offset; the last one is open for appending. */
  readonly segments: Segment[];
  readonly endOffset: number;
  readonly producers: ProducerStates;
  /** Bytes behind the last whole batch, which were cut off; 0 after a clean stop. */
  readonly cutBytes: number;
}

/**
 * Opens a partition's folder after a stop of any kind. Only the last segment can be torn, because a segment is full
 * and closed before the next one exists: its batches are checked and what follows the last intact one is cut off.
 */
export async function recoverLog(dir: string, now: number): Promise<RecoveredLog> {
  await mkdir(dir, { recursive: true });
  const baseOffsets = (await readdir(dir))
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => Number(name.slice(0, 20)))
    .sort((a, b) => a - b);
  const last = baseOffsets.pop();
  if (last === undefined) {
    return {
      segments: [await createSegment(dir, 0, now)],
      endOffset: 0,
      producers: createProducerStates(),
      cutBytes: 0,
    };
  }
  const sealed = await Promise.all(baseOffsets.map((base) => openSealedSegment(dir, base)));
  const producers = (await readSnapshot(dir, last)) ?? (await replayProducers(sealed, now));
  const { end, endOffset, index, cutBytes } = await recoverLastSegment(dir, last, producers, now);
  const active = await openActiveSegment(dir, { baseOffset: last, sizeBytes: end, index });
  return { segments: [...sealed, active], endOffset, producers, cutBytes };
}

async function recoverLastSegment(dir: string, baseOffset: number, producers: ProducerStates, now: number) {
  const path = join(dir, segmentFileName(baseOffset));
  const index = createSparseIndex(baseOffset);
  let endOffset = baseOffset;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const range = { start: 0, end: size, firstOffset: baseOffset };
    const end = await scanBatches(file, range, ({ header, position }) => {
      index.add({ offset: header.baseOffset, position, maxTimestamp: header.maxTimestamp });
      if (header.producerId >= 0n) producers.record(header, header.baseOffset, now);
      endOffset = header.lastOffset + 1;
      return true;
    });
    if (end < size) await truncate(path, end);
    return { end, endOffset, index, cutBytes: size - end };
  } finally {
    await file.close();
  }
}

/** What is remembered of producers up to where a segment starts, written when that segment is begun. */
export async function writeSnapshot(
  dir: string,
  baseOffset: number,
  producers: ProducerStates,
): Promise<void> {
  const path = snapshotPath(dir, baseOffset);
  await writeFile(`${path}.new`, producers.serialize());
  await rename(`${path}.new`, path);
}

export const snapshotPath = (dir: string, baseOffset: number) =>
  join(dir, segmentFileName(baseOffset).replace(/\.log$/, '.producers'));

async function readSnapshot(dir: string, baseOffset: number): Promise<ProducerStates | undefined> {
  try {
    return createProducerStates(await readFile(snapshotPath(dir, baseOffset), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Without a usable snapshot the whole log is read: slow, but nothing is forgotten. */
async function replayProducers(segments: readonly Segment[], now: number): Promise<ProducerStates> {
  const producers = createProducerStates();
  for (const segment of segments) {
    await segment.use((file) =>
      scanBatches(
        file,
        { start: 0, end: segment.sizeBytes, firstOffset: segment.baseOffset },
        ({ header }) => {
          if (header.producerId >= 0n) producers.record(header, header.baseOffset, now);
          return true;
        },
      ),
    );
  }
  return producers;
}
