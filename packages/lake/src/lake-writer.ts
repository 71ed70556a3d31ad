import { randomBytes } from 'node:crypto';
import { link, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { remove, sync, writeDurably } from './durable-file.ts';
import { hasCode, LakeError } from './lake-error.ts';
import type { LakeRow } from './lake-row.ts';
import { toLines } from './row-lines.ts';
import {
  hotFileName,
  listSegments,
  partitionFolderOf,
  temporaryFileName,
  temporaryOwner,
} from './segments.ts';

/** Where the lake says what it did; a pino logger fits. */
export interface LakeLog {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface LakeWriter {
  /** The next offset that is not in the lake. */
  readonly end: number;
  /**
   * Adds rows, which rise by offset and hold all rows of each of their records. On return they are durable and found by
   * searches. Rows below `end` are in the lake already and are dropped, so that appending the same rows again, from this
   * or another process, adds nothing.
   */
  append(rows: readonly LakeRow[]): Promise<void>;
  /** Waits for the append under way. */
  close(): Promise<void>;
}

export interface LakeWriterOptions {
  readonly dir: string;
  readonly topicId: string;
  readonly partition: number;
  readonly log?: LakeLog;
}

const maxLineBytes = 64 * 1024 * 1024;
const staleTemporaryMs = 15 * 60_000;

/** Opens one partition for appending: finds the end of its chain and clears what a crash left. */
export async function openLakeWriter(options: LakeWriterOptions): Promise<LakeWriter> {
  const { topicId, partition, log } = options;
  const folder = partitionFolderOf(options.dir, topicId, partition);
  const created = await mkdir(folder, { recursive: true });
  if (created !== undefined) await syncUpTo(folder, path.dirname(created));
  await removeStaleTemporaries(folder, log);
  let end = await findEnd(folder);
  let last: Promise<void> = Promise.resolve();
  let closed = false;

  async function appendNow(rows: readonly LakeRow[]): Promise<void> {
    assertRising(rows, topicId, partition);
    for (;;) {
      const fresh = rows.filter(({ offset }) => offset >= end);
      const lastRow = fresh.at(-1);
      if (lastRow === undefined) return;
      if (await extend(end, fresh)) {
        end = lastRow.offset + 1;
        return;
      }
      const found = await findEnd(folder);
      if (found <= end)
        throw new LakeError(
          'DAMAGED',
          `Segment ${hotFileName(end)} in ${folder} exists but ends before it starts.`,
        );
      log?.debug(
        { topicId, partition, expected: end, found },
        'Another writer extended the partition; its rows are kept',
      );
      end = found;
    }
  }

  /** Puts the rows in place as the segment at `start`; false when another writer was there first. */
  async function extend(start: number, rows: readonly LakeRow[]): Promise<boolean> {
    const target = path.join(folder, hotFileName(start));
    for (;;) {
      const temporary = path.join(folder, temporaryFileName('ndjson', randomBytes(8).toString('hex')));
      try {
        await writeDurably(temporary, toLines(rows));
        await link(temporary, target);
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return false;
        // Another process took our temporary file for one that a crash left behind.
        if (hasCode(error, 'ENOENT')) continue;
        throw error;
      } finally {
        await remove(temporary);
      }
      await sync(folder);
      const { live } = await listSegments(folder);
      if (live.some(({ file }) => file === target)) return true;
      // A cold segment covers the place. Either it was made of this one just now, or the place was only free because a
      // former segment had been compacted away, and readers ignore this file. The chain's end tells which rows are missing.
      await remove(target);
      return false;
    }
  }

  return {
    get end() {
      return end;
    },
    append(rows) {
      if (closed) return Promise.reject(new LakeError('CLOSED', 'The lake writer is closed.'));
      const appending = last.then(() => appendNow(rows));
      last = appending.catch(() => undefined);
      return appending;
    },
    async close() {
      closed = true;
      await last;
    },
  };
}

/** The offset after the last row of the chain. */
async function findEnd(folder: string): Promise<number> {
  for (;;) {
    const { live } = await listSegments(folder);
    const last = live.at(-1);
    if (last === undefined) return 0;
    if (last.kind === 'cold') return last.end;
    try {
      return (await lastOffset(last.file)) + 1;
    } catch (error) {
      // Compacted away between the listing and the reading.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** The offset of the last row of a hot segment, read from its end. */
async function lastOffset(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    for (let tail = 64 * 1024; ; tail *= 8) {
      const length = Math.min(tail, size);
      const bytes = Buffer.alloc(length);
      await handle.read(bytes, 0, length, size - length);
      // The file ends with a line feed; the one before it begins the last row.
      const start = bytes.subarray(0, -1).lastIndexOf(0x0a);
      if (start < 0 && length < size && length < maxLineBytes) continue;
      return readOffset(bytes.subarray(start + 1).toString(), file);
    }
  } finally {
    await handle.close();
  }
}

function readOffset(line: string, file: string): number {
  try {
    const { offset } = JSON.parse(line) as { offset?: unknown };
    if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) return offset;
  } catch (error) {
    throw new LakeError(
      'DAMAGED',
      `The last row of ${file} cannot be read. Restore the file or move it away.`,
      error,
    );
  }
  throw new LakeError('DAMAGED', `The last row of ${file} has no offset. Restore the file or move it away.`);
}

function assertRising(rows: readonly LakeRow[], topicId: string, partition: number): void {
  let before = -1;
  for (const row of rows) {
    if (row.offset < before)
      throw new TypeError(`Rows must rise by offset, but ${row.offset} comes after ${before}.`);
    if (row.topicId !== topicId || row.partition !== partition) {
      throw new TypeError(
        `A row of ${row.topicId}/${row.partition} was appended to ${topicId}/${partition}.`,
      );
    }
    before = row.offset;
  }
}

/** Files that were being written when their process was killed. */
export async function removeStaleTemporaries(folder: string, log?: LakeLog): Promise<void> {
  const { temporary } = await listSegments(folder);
  for (const file of temporary) {
    if (!(await isStale(file))) continue;
    log?.debug({ file }, 'Removing what an earlier process left half-written');
    await remove(file);
  }
}

async function isStale(file: string): Promise<boolean> {
  if (!isAlive(temporaryOwner(file))) return true;
  try {
    return Date.now() - (await stat(file)).mtimeMs > staleTemporaryMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Whether a process with this id runs; also true for one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Makes folders that were just created durable: their names, from the deepest to `top`. */
async function syncUpTo(folder: string, top: string): Promise<void> {
  for (let at = folder; at.length >= top.length; at = path.dirname(at)) {
    await sync(at);
    if (at === path.dirname(at)) return;
  }
}
