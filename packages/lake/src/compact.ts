import { randomBytes } from 'node:crypto';
import { link, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Duckdb, quote } from './duckdb.ts';
import { remove, sync } from './durable-file.ts';
import { hasCode, LakeError } from './lake-error.ts';
import { allColumns, readHot } from './lake-snapshot.ts';
import { isAlive, removeStaleTemporaries } from './lake-writer.ts';
import { coldFileName, listSegments, type Segment, temporaryFileName } from './segments.ts';

export interface CompactOptions {
  /** Only these; all when absent. */
  readonly partitions?: readonly { readonly topicId: string; readonly partition: number }[];
  /** Hot segments before they are worth a Parquet file. @default 16 */
  readonly minHotSegments?: number;
  /** ... or their bytes. @default 64 MiB */
  readonly minHotBytes?: number;
  /** Neighbouring Parquet files of about the same size that become one. @default 8 */
  readonly mergeColdSegments?: number;
  readonly signal?: AbortSignal;
}

export interface CompactResult {
  /** Files that went into others. */
  readonly merged: number;
  /** Files that were made. */
  readonly written: number;
}

const maxInputFiles = 2_000;
const maxInputBytes = 512 * 1024 * 1024;
const lockName = 'compacting.lock';
const lockStaleMs = 30 * 60_000;
const tierBase = 1024 * 1024;

/**
 * Makes Parquet files of hot segments and larger Parquet files of small ones. Every step leaves the partition readable
 * as it was: the new file counts from its rename on and at the same moment stands for its inputs, whether or not they
 * have been deleted yet.
 */
export async function compactPartition(
  options: CompactOptions & { readonly folder: string; readonly duckdb: Duckdb },
): Promise<CompactResult> {
  const { folder, signal } = options;
  if (!(await lock(folder))) return { merged: 0, written: 0 };
  try {
    await removeStaleTemporaries(folder);
    let merged = await sweep(folder);
    let written = 0;
    for (let inputs = await choose(options); inputs.length > 0; inputs = await choose(options)) {
      signal?.throwIfAborted();
      if (!(await merge(options, inputs))) break;
      merged += await sweep(folder);
      written += 1;
    }
    return { merged, written };
  } finally {
    await remove(path.join(folder, lockName));
  }
}

/** Deletes what a cold segment stands for. */
async function sweep(folder: string): Promise<number> {
  const { superseded } = await listSegments(folder);
  for (const { file } of superseded) await remove(file);
  if (superseded.length > 0) await sync(folder);
  return superseded.length;
}

async function choose(options: CompactOptions & { readonly folder: string }): Promise<Segment[]> {
  const { minHotSegments = 16, minHotBytes = 64 * 1024 * 1024, mergeColdSegments = 8 } = options;
  const { live } = await listSegments(options.folder);
  const sized = await Promise.all(
    live.map(async (segment) => ({ segment, bytes: (await stat(segment.file)).size })),
  );

  const hot = takeUpTo(sized.filter(({ segment }) => segment.kind === 'hot'));
  const hotBytes = hot.reduce((sum, { bytes }) => sum + bytes, 0);
  if (hot.length >= minHotSegments || hotBytes >= minHotBytes) return hot.map(({ segment }) => segment);

  // Files of one size class, so that a row is rewritten once per class and not with every compaction.
  let run: typeof sized = [];
  for (const item of sized) {
    if (item.segment.kind !== 'cold' || tierOf(item.bytes) >= maxTier) run = [];
    else if (run[0] && tierOf(run[0].bytes) === tierOf(item.bytes)) run.push(item);
    else run = [item];
    if (run.length >= mergeColdSegments) return run.map(({ segment }) => segment);
  }
  return [];
}

const tierOf = (bytes: number): number => Math.max(0, Math.floor(Math.log(bytes / tierBase) / Math.log(8)));
/** Files of 64 MiB and more stay as they are. */
const maxTier = 2;

function takeUpTo<T extends { bytes: number }>(items: readonly T[]): T[] {
  let bytes = 0;
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length > 0 && (taken.length >= maxInputFiles || bytes + item.bytes > maxInputBytes)) break;
    taken.push(item);
    bytes += item.bytes;
  }
  return taken;
}

/** Writes the inputs' rows as one Parquet file and puts it in place; false when it turned out not to be ours to do. */
async function merge(
  {
    folder,
    duckdb,
    signal,
  }: { readonly folder: string; readonly duckdb: Duckdb; readonly signal?: AbortSignal },
  inputs: readonly Segment[],
): Promise<boolean> {
  const first = inputs[0];
  if (!first) return false;
  const paths = inputs.map(({ file }) => file);
  const source =
    first.kind === 'hot'
      ? readHot(paths)
      : `read_parquet([${paths.map(quote).join(', ')}], union_by_name = true)`;
  const columns = first.kind === 'hot' ? allColumns : '*';
  const [summary] = await duckdb.rows(
    `SELECT count(*) AS n, max("offset") + 1 AS "end" FROM ${source}`,
    { values: {}, types: {} },
    signal,
  );
  const last = inputs.at(-1);
  const end = last?.kind === 'cold' ? last.end : Number(summary?.['end']);
  const temporary = path.join(folder, temporaryFileName('parquet', randomBytes(8).toString('hex')));
  try {
    const [copied] = await duckdb.rows(
      `COPY (SELECT ${columns} FROM ${source} ORDER BY "time", id) TO ${quote(temporary)}
       (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 40960)`,
      { values: {}, types: {} },
      signal,
    );
    if (Number(copied?.['Count']) !== Number(summary?.['n']) || !Number.isSafeInteger(end)) {
      throw new LakeError(
        'FAILED',
        `Compacting ${folder} would have changed the number of its rows; nothing was changed.`,
      );
    }
    await sync(temporary);
    // Should two compactions run at once after all, the one whose inputs were taken gives up.
    const live = new Set((await listSegments(folder)).live.map(({ file }) => file));
    if (!paths.every((file) => live.has(file))) return false;
    await rename(temporary, path.join(folder, coldFileName(first.start, end)));
    await sync(folder);
    return true;
  } finally {
    await remove(temporary);
  }
}

/** One compaction per partition at a time. A lock whose owner is gone is taken over. */
async function lock(folder: string): Promise<boolean> {
  const target = path.join(folder, lockName);
  const mine = path.join(folder, temporaryFileName('ndjson', randomBytes(8).toString('hex')));
  try {
    await writeFile(mine, String(process.pid));
    for (let tries = 0; tries < 3; tries++) {
      try {
        await link(mine, target);
        return true;
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return false;
        if (!hasCode(error, 'EEXIST')) throw error;
        if (!(await isAbandoned(target))) return false;
        await remove(target);
      }
    }
    return false;
  } finally {
    await remove(mine);
  }
}

async function isAbandoned(lockFile: string): Promise<boolean> {
  try {
    const owner = Number(await readFile(lockFile, 'utf8'));
    return !isAlive(owner) || Date.now() - (await stat(lockFile)).mtimeMs > lockStaleMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
}
