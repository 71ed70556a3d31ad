import type { LakeRow } from './lake-row.ts';

/** Rows as NDJSON in chunks of about a megabyte, so that a large append needs no single large string. */
export function* toLines(rows: readonly LakeRow[], chunkBytes = 1 << 20): Generator<Buffer> {
  let text = '';
  for (const row of rows) {
    text += `${toLine(row)}\n`;
    if (text.length >= chunkBytes) {
      yield Buffer.from(text);
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text);
}

/** JSON writes a lone surrogate as an escape, and one row with it would make the whole file unreadable to DuckDB. */
function toLine(row: LakeRow): string {
  const line = JSON.stringify(row);
  return /\\u[dD][89a-fA-F]/.test(line) ? JSON.stringify(row, wellFormed) : line;
}

function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), item]));
}
