import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scanBatches } from './scan-batches.ts';
import { createSparseIndex, parseSparseIndex, type SparseIndex } from './sparse-index.ts';

/** One file of a partition's log, `<first offset>.log`; for a full (sealed) one its index beside it. */
export interface Segment {
  readonly baseOffset: number;
  /** Bytes of whole batches: what readers may see. */
  sizeBytes: number;
  /** Epoch milliseconds of the first and the last append. */
  readonly createdAt: number;
  lastAppendAt: number;
  /** The index; of a sealed segment it is read from its file (or made again from the log) on first use. */
  index(): Promise<SparseIndex>;
  /** Runs `work` with the open file. A sealed segment's file is open only while it is used. */
  use<T>(work: (file: FileHandle) => Promise<T>): Promise<T>;
  /** Writes the index to disk; from now on the file is open only while it is used. */
  seal(): Promise<void>;
  close(): Promise<void>;
  /** Closes and deletes its files. */
  remove(): Promise<void>;
}

export const segmentFileName = (baseOffset: number) => `${String(baseOffset).padStart(20, '0')}.log`;

/** Creates an empty segment. @throws when the file exists. */
export async function createSegment(dir: string, baseOffset: number, now: number): Promise<Segment> {
  const file = await open(join(dir, segmentFileName(baseOffset)), 'wx+');
  return segment(
    { dir, baseOffset, sizeBytes: 0, createdAt: now, lastAppendAt: now },
    file,
    createSparseIndex(baseOffset),
  );
}

/** Opens the segment that is appended to; `index` and `sizeBytes` come from recovery. */
export async function openActiveSegment(
  dir: string,
  recovered: { readonly baseOffset: number; readonly sizeBytes: number; readonly index: SparseIndex },
): Promise<Segment> {
  const path = join(dir, segmentFileName(recovered.baseOffset));
  const { birthtimeMs, mtimeMs } = await stat(path);
  const { baseOffset, sizeBytes } = recovered;
  return segment(
    { dir, baseOffset, sizeBytes, createdAt: Math.min(birthtimeMs, mtimeMs), lastAppendAt: mtimeMs },
    await open(path, 'r+'),
    recovered.index,
  );
}

export async function openSealedSegment(dir: string, baseOffset: number): Promise<Segment> {
  const { size, birthtimeMs, mtimeMs } = await stat(join(dir, segmentFileName(baseOffset)));
  return segment({ dir, baseOffset, sizeBytes: size, createdAt: birthtimeMs, lastAppendAt: mtimeMs });
}

function segment(
  state: {
    readonly dir: string;
    readonly baseOffset: number;
    readonly sizeBytes: number;
    readonly createdAt: number;
    readonly lastAppendAt: number;
  },
  activeFile?: FileHandle,
  activeIndex?: SparseIndex,
): Segment {
  const path = join(state.dir, segmentFileName(state.baseOffset));
  const indexPath = path.replace(/\.log$/, '.index');
  let keptFile = activeFile;
  let shared: { file: Promise<FileHandle>; users: number } | undefined;
  let index = activeIndex === undefined ? undefined : Promise.resolve(activeIndex);

  async function loadIndex(): Promise<SparseIndex> {
    const stored = await readFile(indexPath).catch(() => undefined);
    const parsed = stored && parseSparseIndex(stored, state.baseOffset, self.sizeBytes);
    if (parsed) return parsed;
    const rebuilt = createSparseIndex(state.baseOffset);
    await self.use((file) =>
      scanBatches(
        file,
        { start: 0, end: self.sizeBytes, firstOffset: state.baseOffset },
        ({ header, position }) => {
          rebuilt.add({ offset: header.baseOffset, position, maxTimestamp: header.maxTimestamp });
          return true;
        },
      ),
    );
    await writeFile(indexPath, rebuilt.serialize(self.sizeBytes));
    return rebuilt;
  }

  const self: Segment = {
    baseOffset: state.baseOffset,
    sizeBytes: state.sizeBytes,
    createdAt: state.createdAt,
    lastAppendAt: state.lastAppendAt,

    index() {
      if (index === undefined) {
        const loading = loadIndex();
        // A failed load is tried again by the next reader.
        loading.catch(() => {
          index = undefined;
        });
        index = loading;
      }
      return index;
    },

    async use(work) {
      if (keptFile !== undefined) return work(keptFile);
      shared ??= { file: open(path, 'r'), users: 0 };
      const mine = shared;
      mine.users += 1;
      try {
        return await work(await mine.file);
      } finally {
        mine.users -= 1;
        if (mine.users === 0) {
          if (shared === mine) shared = undefined;
          await mine.file.then((file) => file.close()).catch(() => undefined);
        }
      }
    },

    async seal() {
      await writeFile(indexPath, (await self.index()).serialize(self.sizeBytes));
      // FileHandle.close waits for reads that are under way.
      const file = keptFile;
      keptFile = undefined;
      await file?.close();
    },

    async close() {
      const file = keptFile;
      keptFile = undefined;
      await file?.close();
    },

    async remove() {
      await self.close();
      await rm(path, { force: true });
      await rm(indexPath, { force: true });
    },
  };
  return self;
}
