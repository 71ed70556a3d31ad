/**
 * A worker of `bench/engine.ts`: an engine of its own, the events of its share, and rounds when it is told. What is measured is from the
 * records to findings and scores: decode, normalise (every OCSF attribute's column), enrich, detect, score, evidence for what matched.
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  createDetector,
  createEngine,
  createRiskScorer,
  defaultRiskWeights,
  type Engine,
} from '@parapet/detection';
import type { Enricher, Enrichment } from '@parapet/enrichment';
import { openEnricher } from '@parapet/enrichment/files';
import { createDecoder, type RawRecord } from '@parapet/event-model';
import { compileRules, type RuleSet, type SigmaRule } from '@parapet/sigma';
import { captureShare } from './detection-input.ts';
import { flowMix } from './flow-mix.ts';
import { recordGroups } from './record-groups.ts';

export interface EngineWorkerData {
  readonly number: number;
  /** The captures are dealt to so many. */
  readonly shares: number;
  readonly input: 'flow' | 'captures';
  /** Events of this worker, for the mix. */
  readonly events: number;
  readonly rules: readonly SigmaRule[];
  readonly enrichmentFile: string;
}

/** What one round saw. */
export interface EngineRound {
  readonly events: number;
  readonly bytes: number;
  readonly attributes: number;
  readonly matches: number;
  readonly findings: number;
  readonly enriched: number;
  readonly scored: number;
  readonly rejected: number;
  readonly cpuMs: number;
  readonly heapMb: number;
}

export type EngineCommand = 'prepare' | 'round';

const port = parentPort;
if (!port) throw new Error('engine-worker.ts runs as a worker thread only.');
const data = workerData as EngineWorkerData;
const records = readRecords();
const groups = recordGroups(records);
const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
const enricher = await openEnricher({ file: data.enrichmentFile, log: { info: () => {}, warn: () => {} } });
let rules = compileRules(data.rules);
let engine = build(rules, enricher);

port.on('message', (command: EngineCommand) => {
  if (command === 'prepare') {
    engine.close();
    rules = compileRules(data.rules);
    engine = build(rules, enricher);
    port.postMessage('ready');
  } else port.postMessage(round(engine));
});
port.postMessage('ready');

function build(set: RuleSet, known: Enricher): Engine<Enrichment> {
  return createEngine({
    decoder: createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields }),
    detector: createDetector(set),
    enricher: known,
    scorer: createRiskScorer(defaultRiskWeights),
  });
}

function round(engineOfRound: Engine<Enrichment>): EngineRound {
  const seen = { events: 0, attributes: 0, matches: 0, findings: 0, enriched: 0, scored: 0, rejected: 0 };
  const start = process.threadCpuUsage();
  for (const group of groups) {
    const { batches, rejected } = engineOfRound.analyse(group);
    seen.rejected += rejected.length;
    for (const { batch, enrichment, scores, findings, observations } of batches) {
      seen.events += batch.length;
      for (const attribute of batch.attributePaths())
        if (batch.attribute(attribute) !== undefined) seen.attributes += 1;
      const found = findings();
      for (const finding of found) for (const [, count] of finding.matches) seen.matches += count;
      seen.findings += found.length;
      for (const { codes } of enrichment?.columns ?? []) {
        for (let row = 0; row < codes.length; row += 1) if (codes[row] !== 0) seen.enriched += 1;
      }
      for (const score of scores?.scores ?? []) if (score > 0) seen.scored += 1;
      observations();
    }
  }
  const { user, system } = process.threadCpuUsage(start);
  const heapMb = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  return { ...seen, bytes, cpuMs: (user + system) / 1000, heapMb };
}

function readRecords(): readonly RawRecord[] {
  if (data.input === 'captures') return captureShare(data.number, data.shares);
  const start = Date.UTC(2026, 0, 1);
  return flowMix({ seed: data.number + 1, events: data.events, start }).map((value, offset) => ({
    topicId: 'bench',
    partition: data.number,
    offset,
    timestamp: start,
    value,
    headers: {},
  }));
}
