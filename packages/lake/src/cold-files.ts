import { type Duckdb, quote } from './duckdb.ts';
import { type LakeColumn, lakeColumnNames } from './lake-row.ts';

/** What a Parquet file says about itself. It never changes, so it is asked once. */
export interface ColdFile {
  readonly rows: number;
  readonly minTime: number;
  readonly maxTime: number;
  readonly columns: ReadonlySet<LakeColumn>;
}

export interface ColdFiles {
  get(file: string, signal?: AbortSignal): Promise<ColdFile>;
  /** Forgets files that are not among these. */
  keep(files: ReadonlySet<string>): void;
}

export function createColdFiles(duckdb: Duckdb): ColdFiles {
  const known = new Map<string, ColdFile>();

  async function read(file: string, signal?: AbortSignal): Promise<ColdFile> {
    const [found] = await duckdb.rows(
      `SELECT sum(num_values) FILTER (path_in_schema = 'time') AS "rows",
              min(TRY_CAST(stats_min_value AS DOUBLE)) FILTER (path_in_schema = 'time') AS minTime,
              max(TRY_CAST(stats_max_value AS DOUBLE)) FILTER (path_in_schema = 'time') AS maxTime,
              list_distinct(list(string_split(path_in_schema, ',')[1])) AS columns
       FROM parquet_metadata(${quote(file)})`,
      { values: {}, types: {} },
      signal,
    );
    const names = new Set(Array.isArray(found?.['columns']) ? found['columns'] : []);
    return {
      rows: Number(found?.['rows'] ?? 0),
      minTime: Number(found?.['minTime'] ?? Number.NEGATIVE_INFINITY),
      maxTime: Number(found?.['maxTime'] ?? Number.POSITIVE_INFINITY),
      columns: new Set(lakeColumnNames.filter((name) => names.has(name))),
    };
  }

  return {
    async get(file, signal) {
      const before = known.get(file);
      if (before) return before;
      const cold = await read(file, signal);
      known.set(file, cold);
      return cold;
    },
    keep(files) {
      for (const file of known.keys()) if (!files.has(file)) known.delete(file);
    },
  };
}
