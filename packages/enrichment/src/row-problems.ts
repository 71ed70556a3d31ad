import type { z } from 'zod';
import type { Row } from './record-limits.ts';

/** What is wrong with the rows of a source, as sentences for people: the first of it, and never a value. */
export interface RowProblems {
  readonly rejected: number;
  readonly sentences: readonly string[];
  /** Notes columns of a row that nobody reads. */
  look(row: Row): void;
  /** Counts one more that is left out. `number` of the row is from 1, in the order of the source. */
  reject(number: number, why: string): void;
}

/** Rows of which the columns are looked at: those of a table are the same in all. */
const rowsLookedAt = 1_000;
const mostColumns = 10;
const mostRows = 3;

export function createRowProblems(columns: readonly string[]): RowProblems {
  const known = new Set(columns);
  const unknown = new Set<string>();
  const rows: string[] = [];
  let looked = 0;
  let rejected = 0;
  return {
    get rejected() {
      return rejected;
    },
    get sentences() {
      const list = [...unknown].map((column) => JSON.stringify(column)).join(', ');
      return unknown.size === 0 ? rows : [`Nothing reads ${list}: known are ${columns.join(', ')}.`, ...rows];
    },
    look(row) {
      if (row === undefined || looked === rowsLookedAt) return;
      looked += 1;
      for (const column of Object.keys(row))
        if (!known.has(column) && unknown.size < mostColumns) unknown.add(column.slice(0, 64));
    },
    reject(number, why) {
      rejected += 1;
      if (rows.length < mostRows) rows.push(`Row ${number} is left out: ${why}.`);
    },
  };
}

/** Why a row does not fit its schema. */
export function misfit(row: Row, error: z.ZodError | undefined): string {
  if (row === undefined) return 'it is no record, has not as many fields as the header, or is too long';
  const [issue] = error?.issues ?? [];
  return issue === undefined ? 'it cannot be used' : `${issue.path.join('.')}: ${issue.message}`;
}
