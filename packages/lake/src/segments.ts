import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from './lake-error.ts';

/**
 * A piece of a partition's chain. `start` is the offset after the last row of the piece before it (0 for the first).
 * Hot pieces are NDJSON as appended, `<start>.ndjson`; cold ones are Parquet made of several, `<start>-<end>.parquet`,
 * where `end` is the offset after the last row.
 */
export type Segment =
  | { readonly kind: 'hot'; readonly start: number; readonly file: string }
  | { readonly kind: 'cold'; readonly start: number; readonly end: number; readonly file: string };

export interface PartitionFolder {
  readonly topicId: string;
  readonly partition: number;
  readonly folder: string;
}

export interface PartitionListing {
  /** What readers read, in chain order. */
  readonly live: readonly Segment[];
  /** Files whose rows are also in a live cold segment; compaction deletes them. */
  readonly superseded: readonly Segment[];
  readonly temporary: readonly string[];
}

const hotName = /^(\d{20})\.ndjson$/;
const coldName = /^(\d{20})-(\d{20})\.parquet$/;
const temporaryName = /^tmp-(\d+)-[0-9a-f]+\.(?:ndjson|parquet)$/;
const topicFolder = /^topic=([A-Za-z0-9_-]{1,64})$/;
const partitionFolder = /^partition=(\d{1,9})$/;

export const hotFileName = (start: number): string => `${digits(start)}.ndjson`;
export const coldFileName = (start: number, end: number): string => `${digits(start)}-${digits(end)}.parquet`;
export const temporaryFileName = (kind: 'ndjson' | 'parquet', random: string): string =>
  `tmp-${process.pid}-${random}.${kind}`;
/** The process that made a temporary file. */
export const temporaryOwner = (file: string): number =>
  Number(temporaryName.exec(path.basename(file))?.[1] ?? 0);

export function partitionFolderOf(dir: string, topicId: string, partition: number): string {
  if (!topicFolder.test(`topic=${topicId}`))
    throw new TypeError(`"${topicId}" is not a topic id the lake can keep.`);
  if (!Number.isSafeInteger(partition) || partition < 0)
    throw new TypeError(`${partition} is not a partition.`);
  return path.join(dir, `topic=${topicId}`, `partition=${partition}`);
}

export async function listPartitions(dir: string): Promise<PartitionFolder[]> {
  const found: PartitionFolder[] = [];
  for (const topic of await names(dir)) {
    const topicId = topicFolder.exec(topic)?.[1];
    if (topicId === undefined) continue;
    for (const name of await names(path.join(dir, topic))) {
      const partition = partitionFolder.exec(name)?.[1];
      if (partition !== undefined) {
        found.push({ topicId, partition: Number(partition), folder: path.join(dir, topic, name) });
      }
    }
  }
  return found;
}

/**
 * The partition's files. A listing that ran while a compaction put its file in place and deleted the inputs could show
 * neither, so a listing counts only when nothing that the one before it showed is missing.
 */
export async function listSegments(folder: string): Promise<PartitionListing> {
  let before = (await names(folder)).filter(isSegment);
  for (;;) {
    const all = await names(folder);
    const now = all.filter(isSegment);
    const present = new Set(now);
    if (before.every((name) => present.has(name))) return toListing(folder, all);
    before = now;
  }
}

/** Sorts out what is live: a cold segment stands for everything inside its range, the largest range wins. */
export function toListing(folder: string, all: readonly string[]): PartitionListing {
  const segments = all
    .map((name) => toSegment(folder, name))
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a.start - b.start || endOf(b) - endOf(a));
  const live: Segment[] = [];
  const superseded: Segment[] = [];
  let covered = 0;
  for (const segment of segments) {
    const inside = segment.kind === 'hot' ? segment.start < covered : segment.end <= covered;
    (inside ? superseded : live).push(segment);
    if (!inside && segment.kind === 'cold') covered = segment.end;
  }
  return {
    live,
    superseded,
    temporary: all.filter((name) => temporaryName.test(name)).map((name) => path.join(folder, name)),
  };
}

const isSegment = (name: string): boolean => hotName.test(name) || coldName.test(name);
const endOf = (segment: Segment): number => (segment.kind === 'cold' ? segment.end : segment.start);
const digits = (offset: number): string => String(offset).padStart(20, '0');

function toSegment(folder: string, name: string): Segment | undefined {
  const hot = hotName.exec(name);
  if (hot) return { kind: 'hot', start: Number(hot[1]), file: path.join(folder, name) };
  const cold = coldName.exec(name);
  if (cold)
    return { kind: 'cold', start: Number(cold[1]), end: Number(cold[2]), file: path.join(folder, name) };
  return undefined;
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}
