import type { FieldValue } from '@parapet/event-model';

/** One event in the lake. Absent fields are undefined; times are epoch milliseconds. */
export interface LakeRow {
  readonly id: string;
  readonly time: number;
  /** Kafka timestamp of the event's record. */
  readonly receivedAt: number;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly line: number;
  /** Id of the source profile, e.g. `windows-sysmon`. */
  readonly source: string;
  readonly product?: string | undefined;
  /** OCSF class name, e.g. `Process Activity`. */
  readonly className?: string | undefined;
  readonly activity?: string | undefined;
  readonly severity?: string | undefined;
  readonly host?: string | undefined;
  readonly user?: string | undefined;
  readonly sourceAddress?: string | undefined;
  readonly destinationAddress?: string | undefined;
  readonly destinationPort?: number | undefined;
  readonly process?: string | undefined;
  readonly commandLine?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  readonly account?: string | undefined;
  /** What a free-text search looks at, besides `raw`. */
  readonly message: string;
  /** Risk score, 1 to 100; undefined for an event without one. The reasons are among the attributes. */
  readonly riskScore?: number | undefined;
  /** Handles (see `assetHandle`) of the assets the event is about. */
  readonly assets: readonly string[];
  /** Ids of the Sigma rules that matched. */
  readonly rules: readonly string[];
  readonly file?: string | undefined;
  readonly fileLine?: number | undefined;
  /** By OCSF attribute path. */
  readonly attributes: Readonly<Record<string, FieldValue>>;
  /** The event as it came. */
  readonly raw: string;
}

/** The DuckDB type of every column. A column added here is null in rows of older files. */
export const lakeColumns = {
  id: 'VARCHAR',
  time: 'DOUBLE',
  receivedAt: 'DOUBLE',
  topicId: 'VARCHAR',
  partition: 'INTEGER',
  offset: 'BIGINT',
  line: 'INTEGER',
  source: 'VARCHAR',
  product: 'VARCHAR',
  className: 'VARCHAR',
  activity: 'VARCHAR',
  severity: 'VARCHAR',
  host: 'VARCHAR',
  user: 'VARCHAR',
  sourceAddress: 'VARCHAR',
  destinationAddress: 'VARCHAR',
  destinationPort: 'DOUBLE',
  process: 'VARCHAR',
  commandLine: 'VARCHAR',
  action: 'VARCHAR',
  outcome: 'VARCHAR',
  account: 'VARCHAR',
  message: 'VARCHAR',
  riskScore: 'DOUBLE',
  assets: 'VARCHAR[]',
  rules: 'VARCHAR[]',
  file: 'VARCHAR',
  fileLine: 'DOUBLE',
  attributes: 'JSON',
  raw: 'VARCHAR',
} as const satisfies Record<keyof LakeRow, string>;
export type LakeColumn = keyof typeof lakeColumns;
export const lakeColumnNames = Object.keys(lakeColumns) as LakeColumn[];

/** A row as DuckDB gives it back. */
export function toLakeRow(found: Readonly<Record<string, unknown>>): LakeRow {
  const row: Record<string, unknown> = {};
  for (const name of lakeColumnNames) {
    const value = found[name];
    if (value === null || value === undefined) continue;
    row[name] = typeof value === 'bigint' ? Number(value) : value;
  }
  row['attributes'] = typeof row['attributes'] === 'string' ? JSON.parse(row['attributes']) : {};
  row['assets'] ??= [];
  row['rules'] ??= [];
  row['message'] ??= '';
  row['raw'] ??= '';
  return row as unknown as LakeRow;
}
