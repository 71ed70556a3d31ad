/**
 * Where does the engine spend the time of an event? The stages of `bench/engine.ts` one by one, on one core, with all rules of SigmaHQ:
 * CPU time of each, over flows and logons (an event a record, and 100 lines a record as shippers batch them), each of the three kinds of
 * events they are mixed of, and the Windows captures of the corpus. `--events N` (of the mix), `--rounds N`, `--input TEXT` (inputs whose
 * name holds it alone).
 */
import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDetector, createRiskScorer, defaultRiskWeights, observe } from '@parapet/detection';
import { openEnricher } from '@parapet/enrichment/files';
import { createDecoder, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import { captureShare, ruleTexts, whyNoCorpus } from './support/detection-input.ts';
import { writeEnrichment } from './support/engine-share.ts';
import { flowMix } from './support/flow-mix.ts';
import { groupsTold, recordGroups } from './support/record-groups.ts';
import { type Figure, report } from './support/report.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    input: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const warmUps = 3;
const start = Date.UTC(2026, 0, 1);
const stages = ['decode', 'attributes', 'enrich', 'detect', 'score', 'observe', 'findings'] as const;
type Stage = (typeof stages)[number];

if (whyNoCorpus !== undefined) console.log(`skipped: ${whyNoCorpus}`);
else {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-engine-stages-'));
  try {
    await measure(writeEnrichment(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(enrichmentFile: string): Promise<void> {
  const mix = flowMix({ seed: 1, events: Number(values.events), start });
  const holding = (text: string): Uint8Array[] => mix.filter((line) => Buffer.from(line).includes(text));
  const captures = captureShare(0, 2).flatMap(({ value }) => value ?? []);
  const inputs: readonly (readonly [name: string, lines: readonly Uint8Array[], linesOfRecord: number])[] = [
    ['flows and logons', mix, 1],
    ['flows and logons, 100 lines a record', mix, 100],
    ['Zeek conn alone', holding('"_path":"conn"'), 1],
    ['Windows logons alone', holding('"TargetLogonId"'), 1],
    ['sshd alone', holding('"__REALTIME_TIMESTAMP"'), 1],
    ['Windows captures', captures, 1],
  ];
  const rules = ruleTexts().flatMap((text) => parseRules(text).rules);
  const enricher = await openEnricher({ file: enrichmentFile, log: { info: () => {}, warn: () => {} } });
  const figures: Figure[] = [];
  for (const [name, lines, linesOfRecord] of inputs) {
    if (!name.includes(values.input)) continue;
    const set = compileRules(rules);
    const decoder = createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields });
    const detector = createDetector(set);
    const scorer = createRiskScorer(defaultRiskWeights);
    const groups = recordGroups(recordsOf(lines, linesOfRecord));
    const round = (): ReadonlyMap<Stage, number> => {
      const spent = new Map<Stage, number>(stages.map((stage) => [stage, 0]));
      let last = cpuUs();
      const ends = (stage: Stage): void => {
        const now = cpuUs();
        spent.set(stage, (spent.get(stage) ?? 0) + now - last);
        last = now;
      };
      let seen = 0;
      for (const some of groups) {
        last = cpuUs();
        const { batches } = decoder.decode(some);
        ends('decode');
        for (const batch of batches) {
          seen += batch.length;
          for (const attribute of batch.attributePaths()) batch.attribute(attribute);
          ends('attributes');
          const enrichment = enricher.enrich(batch);
          ends('enrich');
          const detected = detector.detect(batch);
          ends('detect');
          scorer.score(batch, enrichment, detected);
          ends('score');
          observe(batch);
          ends('observe');
          detected.findings().length;
          ends('findings');
        }
      }
      if (seen !== lines.length) throw new Error(`${seen} events of ${lines.length} were seen`);
      return spent;
    };
    for (let warmUp = 0; warmUp < warmUps; warmUp += 1) round();
    const seen = Array.from({ length: rounds }, round);
    const perEvent = (spent: ReadonlyMap<Stage, number>, stage: Stage): number =>
      (spent.get(stage) ?? 0) / lines.length;
    for (const stage of stages)
      figures.push({
        name: `${name}, ${stage}`,
        unit: 'us/event',
        rounds: seen.map((one) => perEvent(one, stage)),
      });
    figures.push({
      name: `${name}, all`,
      unit: 'us/event',
      rounds: seen.map((one) => stages.reduce((sum, stage) => sum + perEvent(one, stage), 0)),
    });
  }
  report({
    question: 'engine-stages',
    conditions: {
      workers: 1,
      rules: rules.length,
      eventsOfTheMix: mix.length,
      captureEvents: captures.length,
      records: groupsTold,
      time: 'CPU time of the thread; the same events again with the same engine, machine code warm',
      attributes: 'the columns of all OCSF attributes, also those that nobody asks for',
    },
    figures,
    checked: 'every round sees all events',
  });
}

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Lines as records; several lines of a record are copied beside each other. */
function recordsOf(lines: readonly Uint8Array[], linesOfRecord: number): readonly RawRecord[] {
  const records: RawRecord[] = [];
  for (let from = 0; from < lines.length; from += linesOfRecord) {
    const some = lines.slice(from, from + linesOfRecord);
    const value = some.length === 1 ? some[0] : joined(some);
    if (value === undefined) continue;
    records.push({
      topicId: 'bench',
      partition: 0,
      offset: records.length,
      timestamp: start,
      value,
      headers: {},
    });
  }
  return records;
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    bytes[at + line.length] = 0x0a;
    at += line.length + 1;
  }
  return bytes;
}
