import type { Column, EventBatch } from '@parapet/event-model';

/** One attribute of made-up events: row r has the value number r modulo `count`. */
export interface TextColumn {
  readonly path: string;
  readonly count: number;
  readonly textOf: (value: number) => string;
}

/** A batch of made-up attributes, for questions about what comes after decoding. */
export function batchOfColumns(columns: readonly TextColumn[], rows: number): EventBatch {
  const byPath = new Map<string, Column>();
  for (const { path, count, textOf } of columns) {
    const values = Array.from({ length: count }, (_, value) => textOf(value));
    byPath.set(path, {
      codes: Uint32Array.from({ length: rows }, (_, row) => 1 + (row % count)),
      dictionary: {
        size: count + 1,
        valueOf: (code) => values[code - 1] ?? null,
        copyAscii: () => -1,
      },
    });
  }
  return {
    source: 'generic',
    length: rows,
    times: new Float64Array(rows),
    receivedTimes: new Float64Array(rows),
    routes: new Uint16Array(rows),
    logSources: [[]],
    rowsOf: () => Uint32Array.from({ length: rows }, (_, row) => row),
    origin: (row) => ({ topicId: 'bench', partition: 0, offset: row, line: 0 }),
    id: (row) => `bench-${row}`,
    field: () => undefined,
    attribute: (path) => byPath.get(path),
    attributePaths: () => [...byPath.keys()],
    values: () => [],
    attributeValue: (row, path) => {
      const column = byPath.get(path);
      return column?.dictionary.valueOf(column.codes[row] ?? 0);
    },
    raw: () => new Uint8Array(0),
    lookAtJson: (_row, look) => look(new Uint8Array(0), 0, 0, false),
    mayHold: () => undefined,
    files: () => [],
    lines: () => [],
  };
}
