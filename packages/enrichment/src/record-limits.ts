export const recordLimits = {
  /** Characters of one line or CSV record. */
  line: 64 * 1024,
  /** Characters of a YAML file; larger data belongs into CSV or NDJSON, which are read a hundred times as fast. */
  yaml: 4 * 1024 * 1024,
  records: 10_000_000,
} as const;

/** One row: a record, or undefined for a line that holds none. */
export type Row = Readonly<Record<string, unknown>> | undefined;
