import type { ColdFiles } from './cold-files.ts';
import { type Duckdb, quote } from './duckdb.ts';
import { type Condition, type EventCursor, type EventQuery, toCondition } from './event-query.ts';
import { LakeError } from './lake-error.ts';
import { type LakeColumn, lakeColumnNames, lakeColumns } from './lake-row.ts';
import { listPartitions, listSegments } from './segments.ts';

export interface Question {
  readonly query: EventQuery;
  readonly after?: EventCursor;
  readonly where?: Condition;
  /** The statement over the events, which are given as a table expression. */
  sql(events: string): string;
}

export interface Snapshots {
  read(question: Question, signal: AbortSignal): Promise<Record<string, unknown>[]>;
}

const maxAttempts = 20;

/** Answers questions over the files there are now: every row that was appended before the question, each one once. */
export function createSnapshots(deps: { dir: string; duckdb: Duckdb; coldFiles: ColdFiles }): Snapshots {
  const { dir, duckdb, coldFiles } = deps;

  async function attempt(question: Question, signal: AbortSignal): Promise<Record<string, unknown>[]> {
    const segments = (
      await Promise.all((await listPartitions(dir)).map(({ folder }) => listSegments(folder)))
    ).flatMap(({ live }) => live);
    const hot = segments.filter(({ kind }) => kind === 'hot').map(({ file }) => file);
    const cold = segments.filter(({ kind }) => kind === 'cold').map(({ file }) => file);
    coldFiles.keep(new Set(cold));
    const wanted: string[] = [];
    const columns = new Set<LakeColumn>();
    const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = question.query;
    const latest = Math.min(until, question.after?.time ?? Number.POSITIVE_INFINITY);
    for (const file of cold) {
      const about = await coldFiles.get(file, signal);
      if (about.maxTime < since || about.minTime > latest) continue;
      wanted.push(file);
      for (const column of about.columns) columns.add(column);
    }
    const filter = toCondition(question.query, question.after);
    const where = question.where;
    const condition = where ? `(${filter.sql}) AND (${where.sql})` : filter.sql;
    const values = { ...filter.values, ...where?.values };
    const types = { ...filter.types, ...where?.types };
    return duckdb.rows(question.sql(tableOf(hot, wanted, columns, condition)), { values, types }, signal);
  }

  return {
    async read(question, signal) {
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(question, signal);
        } catch (error) {
          // A compaction may delete a file between its listing and its opening; its rows are in another file by then.
          if (!isGone(error) || tries === maxAttempts) throw describe(error);
        }
      }
    },
  };
}

/** The rows of the files as one table. The condition is applied to each kind of file, so that both can skip what it excludes. */
function tableOf(
  hot: readonly string[],
  cold: readonly string[],
  columns: ReadonlySet<LakeColumn>,
  condition: string,
): string {
  const parts: string[] = [];
  if (cold.length > 0) {
    const list = lakeColumnNames
      .map((name) => (columns.has(name) ? `"${name}"` : `NULL::${lakeColumns[name]} AS "${name}"`))
      .join(', ');
    parts.push(`SELECT ${list} FROM read_parquet(${files(cold)}, union_by_name = true)`);
  }
  if (hot.length > 0) parts.push(`SELECT ${allColumns} FROM ${readHot(hot)}`);
  if (parts.length === 0) {
    parts.push(
      `SELECT ${lakeColumnNames.map((name) => `NULL::${lakeColumns[name]} AS "${name}"`).join(', ')} WHERE false`,
    );
  }
  return `(${parts.map((part) => `SELECT * FROM (${part}) WHERE ${condition}`).join(' UNION ALL ')})`;
}

export const allColumns = lakeColumnNames.map((name) => `"${name}"`).join(', ');

const files = (paths: readonly string[]): string => `[${paths.map(quote).join(', ')}]`;

/**
 * The longest row that can be read. An event is at most 1 MiB, and its row repeats it once, escaped, and once as attributes.
 * DuckDB takes twice this much memory for every thread of every search: more of it, and few searches at once run out of memory.
 */
const maxRowBytes = 16 * 1024 * 1024;

/** Hot segments as a table; columns that an older row lacks are null. */
export function readHot(paths: readonly string[]): string {
  const columns = lakeColumnNames.map((name) => `"${name}": ${quote(lakeColumns[name])}`).join(', ');
  return `read_json(${files(paths)}, format = 'newline_delimited', columns = {${columns}}, maximum_object_size = ${maxRowBytes})`;
}

function isGone(error: unknown): boolean {
  return (
    error instanceof Error && /No files found that match|Cannot open file|No such file/.test(error.message)
  );
}

function describe(error: unknown): unknown {
  if (error instanceof LakeError || !(error instanceof Error)) return error;
  return new LakeError('FAILED', `The lake could not answer: ${error.message.split('\n')[0] ?? ''}`, error);
}
