/**
 * How many events a second does the engine alone take, from records to findings and scores, with all rules of SigmaHQ loaded?
 * Decode, normalise (all OCSF attributes), enrich, detect, score, observe; nothing is stored or sent. Two inputs: flows and logons
 * (bench/support/flow-mix.ts) and the Windows captures of the corpus. `--workers N`, `--rounds N`, `--events N` (of the mix, per worker),
 * `--input flow|captures`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseRules, type SigmaRule } from '@parapet/sigma';
import { ruleTexts, whyNoCorpus } from './support/detection-input.ts';
import { startEngineShare, writeEnrichment } from './support/engine-share.ts';
import type { EngineRound, EngineWorkerData } from './support/engine-worker.ts';
import { groupsTold } from './support/record-groups.ts';
import { report } from './support/report.ts';

type Input = EngineWorkerData['input'];

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    events: { type: 'string', default: '400000' },
    input: { type: 'string', multiple: true, default: ['flow', 'captures'] },
  },
});
const workers = Number(values.workers);
const rounds = Number(values.rounds);
const warmUps = 3;
/** 3,898 that an independent evaluator expects, and 162 of Security 4688 that it left out; see docs/corpus-differences.md. */
const expectedMatches = 4_060;

if (whyNoCorpus !== undefined) console.log(`skipped: ${whyNoCorpus}`);
else {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-engine-'));
  try {
    const enrichmentFile = writeEnrichment(folder);
    const rules = ruleTexts().flatMap((text) => parseRules(text).rules);
    for (const input of values.input) await measure(input as Input, rules, enrichmentFile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Timed {
  readonly perSecond: number;
  readonly seen: readonly EngineRound[];
}

async function measure(input: Input, rules: readonly SigmaRule[], enrichmentFile: string): Promise<void> {
  const events = Number(values.events);
  const common = { shares: workers, input, events, rules, enrichmentFile };
  const shares = await Promise.all(
    Array.from({ length: workers }, (_, number) => startEngineShare({ ...common, number })),
  );
  const timed = async (): Promise<Timed> => {
    const start = performance.now();
    const seen = await Promise.all(shares.map((share) => share.round()));
    const seconds = (performance.now() - start) / 1000;
    return { perSecond: sum(seen, 'events') / seconds, seen };
  };
  const cold = await timed();
  for (let round = 1; round < warmUps; round += 1) await timed();
  const fresh: Timed[] = [];
  const again: Timed[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(shares.map((share) => share.prepare()));
    fresh.push(await timed());
    again.push(await timed());
  }
  await Promise.all(shares.map((share) => share.close()));
  check(input, [cold, ...fresh, ...again]);
  tell({ input, rules: rules.length, cold, fresh, again });
}

function sum(seen: readonly EngineRound[], key: keyof EngineRound): number {
  return seen.reduce((total, one) => total + one[key], 0);
}

/** Every round must see the same, and all the work must have been done. */
function check(input: Input, all: readonly Timed[]): void {
  const told = ['events', 'matches', 'enriched', 'scored', 'rejected', 'attributes'] as const;
  const keys = new Set(all.map(({ seen }) => told.map((name) => `${name} ${sum(seen, name)}`).join(', ')));
  const [key = ''] = keys;
  if (keys.size !== 1) throw new Error(`rounds do not agree on what they saw: ${[...keys].join('; ')}`);
  const seen = all[0]?.seen ?? [];
  if (sum(seen, 'rejected') > 0 || sum(seen, 'enriched') === 0 || sum(seen, 'scored') === 0)
    throw new Error(`work was skipped: ${key}`);
  if (input === 'captures' && sum(seen, 'matches') !== expectedMatches)
    throw new Error(`${sum(seen, 'matches')} matches, not the ${expectedMatches} of the corpus tests`);
}

function tell(results: {
  readonly input: Input;
  readonly rules: number;
  readonly cold: Timed;
  readonly fresh: readonly Timed[];
  readonly again: readonly Timed[];
}): void {
  const { input, cold, fresh, again } = results;
  const events = sum(cold.seen, 'events');
  const cpu = ({ seen }: Timed): number => (sum(seen, 'cpuMs') * 1000) / events;
  const rate = ({ perSecond }: Timed): number => perSecond;
  report({
    question: `engine-${input}`,
    conditions: {
      workers,
      rules: results.rules,
      eventsPerRound: events,
      bytesPerEvent: Math.round(sum(cold.seen, 'bytes') / events),
      matchesPerRound: sum(cold.seen, 'matches'),
      scoredPerRound: sum(cold.seen, 'scored'),
      answersPerEvent: Math.round((sum(cold.seen, 'enriched') / events) * 100) / 100,
      work: 'decode, all OCSF attributes, enrich (assets, users, zones, countries, 100,000 indicators), detect, score, evidence, observe; nothing stored',
      records: `one event a record; ${groupsTold}`,
      fresh: 'rules compiled anew and dictionaries empty before the round; machine code warm',
      again: 'the same events again with the same engine',
      heapMbOfAllWorkers: Math.max(...again.map(({ seen }) => sum(seen, 'heapMb'))),
    },
    figures: [
      { name: 'first round of the process', unit: 'events/s', rounds: [cold.perSecond] },
      { name: 'fresh', unit: 'events/s', rounds: fresh.map(rate) },
      { name: 'again', unit: 'events/s', rounds: again.map(rate) },
      { name: 'fresh, CPU of a worker', unit: 'us/event', rounds: fresh.map(cpu) },
      { name: 'again, CPU of a worker', unit: 'us/event', rounds: again.map(cpu) },
    ],
    checked:
      'every round sees the same events, matches, answers and scores; for the captures there are as many matches as the corpus tests expect one by one',
  });
}
