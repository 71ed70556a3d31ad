import type { LakeRow } from './lake-row.ts';

/** A row for tests: only what a test is about needs to be named. */
export function aRow(over: Partial<LakeRow> = {}): LakeRow {
  const offset = over.offset ?? 0;
  return {
    id: `e${offset}`,
    time: 1_700_000_000_000 + offset,
    receivedAt: 1_700_000_000_500,
    topicId: 't1',
    partition: 0,
    offset,
    line: 0,
    source: 'windows-sysmon',
    message: `event ${offset}`,
    assets: [],
    rules: [],
    attributes: {},
    raw: '{}',
    ...over,
  };
}
