import type { Dictionary, EventBatch, FieldValue } from '@parapet/event-model';

/** A dictionary that can grow, as a decoder's does. */
export interface TestDictionary extends Dictionary {
  codeOf(value: FieldValue | undefined): number;
  readonly asked: number[];
}

export function createTestDictionary(): TestDictionary {
  const values: FieldValue[] = [null];
  const asked: number[] = [];
  return {
    asked,
    get size() {
      return values.length;
    },
    valueOf(code) {
      asked.push(code);
      const value = values[code];
      if (code === 0 || value === undefined) throw new RangeError(`Code ${code} was not given out.`);
      return value;
    },
    copyAscii: () => -1,
    codeOf(value) {
      if (value === undefined) return 0;
      const found = values.findIndex(
        (other, code) => code > 0 && JSON.stringify(other) === JSON.stringify(value),
      );
      if (found !== -1) return found;
      values.push(value);
      return values.length - 1;
    },
  };
}

export type TestRows = readonly Readonly<Record<string, FieldValue | undefined>>[];

/** A batch with these attributes; dictionaries are kept in `dictionaries` from batch to batch. */
export function batchOf(rows: TestRows, dictionaries: Map<string, TestDictionary> = new Map()): EventBatch {
  const paths = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = new Map(
    paths.map((path) => {
      const dictionary = dictionaries.get(path) ?? createTestDictionary();
      dictionaries.set(path, dictionary);
      return [path, { dictionary, codes: Uint32Array.from(rows, (row) => dictionary.codeOf(row[path])) }];
    }),
  );
  const count = rows.length;
  return {
    source: 'generic',
    length: count,
    times: new Float64Array(count),
    receivedTimes: new Float64Array(count),
    routes: new Uint16Array(count),
    logSources: [[]],
    rowsOf: () => Uint32Array.from(rows, (_, row) => row),
    origin: (row) => ({ topicId: 'test', partition: 0, offset: row, line: 0 }),
    id: (row) => `id-${row}`,
    field: () => undefined,
    attribute: (path) => columns.get(path),
    attributePaths: () => paths,
    values: () => [],
    attributeValue: (row, path) => rows[row]?.[path],
    raw: () => new Uint8Array(0),
    lookAtJson: (_row, look) => look(new Uint8Array(0), 0, 0, false),
    mayHold: () => undefined,
    files: () => [],
    lines: () => [],
  };
}
