import { type Engine, mergeFindings, toRiskAttributes } from '@parapet/detection';
import type { Enrichment } from '@parapet/enrichment';
import type { Finding, Observation, RawRecord, RejectedLine } from '@parapet/event-model';
import type { LakeRow } from '@parapet/lake';
import { toDamaged } from './dead-letters.ts';
import { toLakeRows } from './lake-rows.ts';

/** Everything that follows from some records; nothing of it has happened yet. */
export interface Analysis {
  /** In the order of their records. */
  readonly rows: LakeRow[];
  readonly findings: Finding[];
  readonly observations: Observation[];
  readonly rejected: RejectedLine[];
}

export interface AnalyseDeps {
  readonly engine: Engine<Enrichment>;
  readonly onFault: (record: RawRecord, error: unknown) => void;
}

/**
 * Everything that follows from records. A fault of ours must not stop the line: when records cannot be analysed together they are halved
 * until the one that cannot is found; it is rejected as `internal_error`, and the others are analysed without it.
 */
export function analyse(records: readonly RawRecord[], deps: AnalyseDeps): Analysis {
  const analysis: Analysis = { rows: [], findings: [], observations: [], rejected: [] };
  const readable: RawRecord[] = [];
  for (const record of records) {
    const damaged = toDamaged(record);
    if (damaged) analysis.rejected.push(damaged);
    else readable.push(record);
  }
  collect(readable, deps, analysis);
  // Batches are by source; the lake takes rows in the order of the log.
  analysis.rows.sort((a, b) => a.offset - b.offset || a.line - b.line);
  return analysis;
}

function collect(records: readonly RawRecord[], deps: AnalyseDeps, into: Analysis): void {
  if (records.length === 0) return;
  try {
    const part = analyseAtOnce(records, deps);
    // In loops: a batch may hold more rows than a call may have arguments.
    for (const row of part.rows) into.rows.push(row);
    for (const finding of part.findings) into.findings.push(finding);
    for (const observation of part.observations) into.observations.push(observation);
    for (const rejected of part.rejected) into.rejected.push(rejected);
  } catch (error) {
    const [record] = records;
    if (records.length === 1 && record) {
      deps.onFault(record, error);
      into.rejected.push(toInternalError(record));
      return;
    }
    const half = Math.ceil(records.length / 2);
    collect(records.slice(0, half), deps, into);
    collect(records.slice(half), deps, into);
  }
}

function analyseAtOnce(records: readonly RawRecord[], { engine }: AnalyseDeps): Analysis {
  const { batches, rejected } = engine.analyse(records);
  const analysis: Analysis = { rows: [], findings: [], observations: [], rejected: [...rejected] };
  const bySource: Finding[] = [];
  for (const { batch, ruleIdsByRow, enrichment, scores, findings, observations } of batches) {
    const rows = toLakeRows(batch, {
      rulesOf: ruleIdsByRow,
      ...(scores === undefined ? {} : { riskOf: (row) => toRiskAttributes(scores, row) }),
      enrichment,
    });
    for (const row of rows) analysis.rows.push(row);
    for (const finding of findings()) bySource.push(finding);
    for (const observation of observations()) analysis.observations.push(observation);
  }
  for (const finding of mergeFindings(bySource)) analysis.findings.push(finding);
  return analysis;
}

/** The error itself may quote the event, so only the log has it. */
function toInternalError(record: RawRecord): RejectedLine {
  return {
    record,
    line: 0,
    reason: 'internal_error',
    detail: 'A fault of the processor on this record. Its log says more.',
    bytes: record.value ?? new Uint8Array(),
  };
}
