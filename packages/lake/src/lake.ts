import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { timeOfEventId } from '@parapet/event-model';
import { createColdFiles } from './cold-files.ts';
import { type CompactOptions, type CompactResult, compactPartition } from './compact.ts';
import { openDuckdb } from './duckdb.ts';
import { type AggregateField, aggregateFields, type EventCursor, EventQuery } from './event-query.ts';
import { LakeError } from './lake-error.ts';
import { type LakeRow, toLakeRow } from './lake-row.ts';
import { createSnapshots } from './lake-snapshot.ts';
import { listPartitions } from './segments.ts';

export interface LakeOptions {
  readonly dir: string;
  /** What DuckDB may hold in memory; beyond it spills to disk. @default 512 */
  readonly memoryLimitMb?: number;
  /** @default 2 */
  readonly threads?: number;
  /** How long one search may take. Milliseconds. @default 30000 */
  readonly deadlineMs?: number;
}

export interface SearchOptions {
  readonly signal?: AbortSignal;
}

export interface Lake {
  /** Newest first (time, then id). `next` is there when more events may follow. @param page.first 1 to 1000, default 50 */
  search(
    query: EventQuery,
    page?: SearchOptions & { readonly first?: number; readonly after?: EventCursor },
  ): Promise<{ rows: LakeRow[]; next?: EventCursor }>;
  /** In no particular order; ids that are not in the lake are left out. */
  byIds(ids: readonly string[], options?: SearchOptions): Promise<LakeRow[]>;
  count(query: EventQuery, options?: SearchOptions): Promise<number>;
  /** How many events have each value, most frequent first; events without the field are left out. `limit` 1 to 1000, default 20. */
  aggregate(
    query: EventQuery,
    by: AggregateField,
    options?: SearchOptions & { readonly limit?: number },
  ): Promise<{ value: string | number; count: number }[]>;
  /** Events per stretch of time; stretches without events are left out. `start` is a multiple of `bucketMs`. */
  histogram(
    query: EventQuery,
    bucketMs: number,
    options?: SearchOptions,
  ): Promise<{ start: number; count: number }[]>;
  /** Turns many small files into few large ones, in every partition or in those given. */
  compact(options?: CompactOptions): Promise<CompactResult>;
  close(): Promise<void>;
}

const maxFirst = 1000;
const maxBuckets = 10_000;
const maxIds = 10_000;

/** Opens the lake in `dir` for searching. Rows appended by any process are found as soon as their append returned. */
export async function openLake(options: LakeOptions): Promise<Lake> {
  const dir = path.resolve(options.dir);
  if (/[*?[\]{}]/.test(dir)) {
    throw new LakeError(
      'FAILED',
      `The lake folder ${dir} must not have any of * ? [ ] { } in its path. Set LAKE_DIR to another.`,
    );
  }
  const temporaryDir = path.join(dir, '.duckdb');
  await mkdir(temporaryDir, { recursive: true });
  const duckdb = await openDuckdb({
    dir,
    temporaryDir,
    memoryLimitMb: options.memoryLimitMb ?? 512,
    threads: options.threads ?? 2,
    maxConcurrent: 4,
    maxWaiting: 256,
  });
  const snapshots = createSnapshots({ dir, duckdb, coldFiles: createColdFiles(duckdb) });
  const deadlineMs = options.deadlineMs ?? 30_000;

  const withDeadline = (signal?: AbortSignal): AbortSignal => {
    const deadline = AbortSignal.timeout(deadlineMs);
    return signal ? AbortSignal.any([signal, deadline]) : deadline;
  };

  function parse(query: EventQuery): EventQuery {
    const parsed = EventQuery.safeParse(query);
    if (parsed.success) return parsed.data;
    throw new LakeError(
      'INVALID_QUERY',
      `The search is not valid: ${parsed.error.issues[0]?.message ?? 'unknown'}`,
      parsed.error,
    );
  }

  return {
    async search(query, { first = 50, after, signal } = {}) {
      const limit = Math.min(Math.max(Math.trunc(first), 1), maxFirst);
      const found = await snapshots.read(
        {
          query: parse(query),
          ...(after ? { after } : {}),
          sql: (events) => `SELECT * FROM ${events} ORDER BY "time" DESC, id DESC LIMIT ${limit + 1}`,
        },
        withDeadline(signal),
      );
      const rows = found.slice(0, limit).map(toLakeRow);
      const last = rows.at(-1);
      return found.length > limit && last ? { rows, next: { time: last.time, id: last.id } } : { rows };
    },
    async byIds(ids, { signal } = {}) {
      if (ids.length === 0) return [];
      if (ids.length > maxIds)
        throw new LakeError('INVALID_QUERY', `At most ${maxIds} ids can be asked for at once.`);
      const found = await snapshots.read(
        {
          query: timesOf(ids),
          where: {
            sql: 'id IN (SELECT unnest($ids))',
            values: { ids: listValue([...ids]) },
            types: { ids: LIST(VARCHAR) },
          },
          sql: (events) => `SELECT * FROM ${events}`,
        },
        withDeadline(signal),
      );
      return found.map(toLakeRow);
    },
    async count(query, { signal } = {}) {
      const [found] = await snapshots.read(
        { query: parse(query), sql: (events) => `SELECT count(*) AS n FROM ${events}` },
        withDeadline(signal),
      );
      return Number(found?.['n'] ?? 0);
    },
    async aggregate(query, by, { limit = 20, signal } = {}) {
      if (!aggregateFields.includes(by))
        throw new LakeError('INVALID_QUERY', `Events cannot be counted by ${String(by)}.`);
      const value = by === 'rules' || by === 'assets' ? `unnest("${by}")` : `"${by}"`;
      const most = Math.min(Math.max(Math.trunc(limit), 1), maxFirst);
      const found = await snapshots.read(
        {
          query: parse(query),
          sql: (events) =>
            `SELECT value, count(*) AS n FROM (SELECT ${value} AS value FROM ${events}) WHERE value IS NOT NULL
             GROUP BY value ORDER BY n DESC, value LIMIT ${most}`,
        },
        withDeadline(signal),
      );
      return found.map((row) => ({ value: row['value'] as string | number, count: Number(row['n']) }));
    },
    async histogram(query, bucketMs, { signal } = {}) {
      if (!(Number.isSafeInteger(bucketMs) && bucketMs > 0)) {
        throw new LakeError(
          'INVALID_QUERY',
          'A histogram needs a positive whole number of milliseconds for each bar.',
        );
      }
      const found = await snapshots.read(
        {
          query: parse(query),
          sql: (events) =>
            `SELECT floor("time" / ${bucketMs}) * ${bucketMs} AS start, count(*) AS n FROM ${events}
             GROUP BY start ORDER BY start LIMIT ${maxBuckets}`,
        },
        withDeadline(signal),
      );
      return found.map((row) => ({ start: Number(row['start']), count: Number(row['n']) }));
    },
    async compact(compactOptions = {}) {
      const total = { merged: 0, written: 0 };
      for (const place of await listPartitions(dir)) {
        const wanted = compactOptions.partitions?.some(
          ({ topicId, partition }) => topicId === place.topicId && partition === place.partition,
        );
        if (wanted === false) continue;
        const { merged, written } = await compactPartition({
          folder: place.folder,
          duckdb,
          ...compactOptions,
        });
        total.merged += merged;
        total.written += written;
      }
      return total;
    },
    close: () => duckdb.close(),
  };
}

/** When the events happened, as far as their ids tell: other files need not be read. */
function timesOf(ids: readonly string[]): EventQuery {
  let since = Number.POSITIVE_INFINITY;
  let until = 0;
  for (const id of ids) {
    const time = timeOfEventId(id);
    if (time === undefined) return {};
    since = Math.min(since, time);
    until = Math.max(until, time + 1);
  }
  return { since, until };
}
