import { openLake } from '@parapet/lake';
import { addMatch, type MatchTable } from '../matches/rule-matches.ts';

/** What matched according to the lake in `dir`, for events that came from a file. */
export async function readLakeMatches(dir: string): Promise<MatchTable> {
  const table: MatchTable = new Map();
  const lake = await openLake({ dir, deadlineMs: 300_000 });
  try {
    let after: { time: number; id: string } | undefined;
    do {
      const { rows, next } = await lake.search(
        { matched: true },
        { first: 1000, ...(after === undefined ? {} : { after }) },
      );
      for (const row of rows) {
        if (row.file === undefined || row.fileLine === undefined) continue;
        for (const rule of row.rules) addMatch(table, { file: row.file, position: row.fileLine }, rule);
      }
      after = next;
    } while (after !== undefined);
  } finally {
    await lake.close();
  }
  return table;
}
