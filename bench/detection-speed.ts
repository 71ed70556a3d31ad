/**
 * How many events a second can one core ask all Sigma rules of, and what do more rules cost? Rules and Windows captures are
 * those of the corpus (PARAPET_CORPUS, default ../shared/corpus); without it nothing is measured. Decoding is not counted.
 */
import { spawnSync } from 'node:child_process';
import { createDetector, observe } from '@parapet/detection';
import { createDecoder, type EventBatch, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules, type RuleSet, type SigmaRule } from '@parapet/sigma';
import {
  captureNames,
  captureRecords,
  flowRecords,
  rulesOfNumber,
  ruleTexts,
  whyNoCorpus,
} from './support/detection-input.ts';
import { report } from './support/report.ts';

const rounds = 3;
const batchSize = 2_000;
const flowEvents = 200_000;
/** Counts of rules, asked of flows and logons and of every sixth capture. */
const ruleCounts = [100, 1_000, 3_000, 10_000] as const;
const every = 6;

/** Microseconds of this thread's CPU time, so that other load counts little. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

interface Pass {
  events: number;
  bytes: number;
  matches: number;
  /** Microseconds. */
  first: number;
  again: number;
  detect: number;
  observe: number;
}

type Records = Iterable<readonly RawRecord[]>;

/** Evaluates the events with dictionaries that are new, each batch twice, then makes findings and observations of it. */
function pass(set: RuleSet, input: Iterable<Records>): Pass {
  const decoder = createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields });
  const detector = createDetector(set);
  const sum: Pass = { events: 0, bytes: 0, matches: 0, first: 0, again: 0, detect: 0, observe: 0 };
  for (const records of input) {
    for (const some of records) {
      for (const { value } of some) sum.bytes += value?.length ?? 0;
      for (const batch of decoder.decode(some).batches) addBatch(set, batch, sum);
    }
  }
  return sum;

  function addBatch(rules: RuleSet, batch: EventBatch, into: Pass): void {
    const parts = partsOf(rules, batch);
    const first = evaluate(parts, batch);
    const again = evaluate(parts, batch);
    if (first.matches !== again.matches) throw new Error('the second time other rules hold than the first');
    // Attributes are normalised on demand, which is not detection's time.
    for (const path of batch.attributePaths()) batch.attribute(path);
    const start = cpuTime();
    detector.detect(batch);
    const detected = cpuTime();
    observe(batch);
    into.observe += cpuTime() - detected;
    into.detect += detected - start;
    into.events += batch.length;
    into.matches += first.matches;
    into.first += first.time;
    into.again += again.time;
  }
}

interface Part {
  readonly group: ReturnType<RuleSet['forLogSources']>;
  readonly rows: Uint32Array;
}

function partsOf(set: RuleSet, batch: EventBatch): readonly Part[] {
  return batch.logSources.flatMap((sources, route) => {
    const rows = Uint32Array.from(batch.routes.keys().filter((row) => batch.routes[row] === route));
    return rows.length === 0 ? [] : [{ group: set.forLogSources(sources), rows }];
  });
}

function evaluate(parts: readonly Part[], batch: EventBatch): { time: number; matches: number } {
  let matches = 0;
  const start = cpuTime();
  for (const { group, rows } of parts) group.evaluate(batch, rows, () => matches++);
  return { time: cpuTime() - start, matches };
}

interface Round {
  readonly loadMs: number;
  readonly rules: number;
  readonly captures: Pass;
  readonly flow: Pass;
  readonly byCount: readonly { readonly captures: Pass; readonly flow: Pass }[];
}

const captures = (step: number): readonly Records[] =>
  captureNames()
    .filter((_, index) => index % step === 0)
    .map((name) => captureRecords(name, batchSize));
const flow = (): readonly Records[] => [flowRecords(flowEvents, batchSize)];

/** One round, in a process of its own. */
function measure(): Round {
  const texts = ruleTexts();
  const start = performance.now();
  const rules: readonly SigmaRule[] = texts.flatMap((text) => parseRules(text).rules);
  const warmUp = compileRules(rules);
  const loadMs = performance.now() - start;
  // The first passes make the code hot, with rules and dictionaries that are not used again.
  pass(warmUp, captures(every));
  pass(warmUp, flow());
  const all = compileRules(rules);
  return {
    loadMs,
    rules: all.rules.length,
    captures: pass(all, captures(1)),
    flow: pass(compileRules(rules), flow()),
    byCount: ruleCounts.map((count) => {
      const set = compileRules(rulesOfNumber(rules, count));
      return { captures: pass(set, captures(every)), flow: pass(set, flow()) };
    }),
  };
}

function compare(measured: readonly Round[]): void {
  const [one] = measured;
  if (one === undefined) return;
  if (
    one.captures.matches === 0 ||
    measured.some(({ captures: { matches } }) => matches !== one.captures.matches)
  )
    throw new Error('rounds do not agree on what matches');
  const per = (name: string, of: (round: Round) => Pass, time: 'first' | 'again' | 'detect' | 'observe') => ({
    name,
    unit: 'us/event',
    rounds: measured.map((round) => of(round)[time] / of(round).events),
  });
  report({
    question: 'detection-speed',
    conditions: {
      rules: one.rules,
      captureEvents: one.captures.events,
      captureBytesPerEvent: Math.round(one.captures.bytes / one.captures.events),
      captureMatches: one.captures.matches,
      flowEvents: one.flow.events,
      flowBytesPerEvent: Math.round(one.flow.bytes / one.flow.events),
      flowMatches: one.flow.matches,
      eventsPerBatch: batchSize,
      cores: 1,
      time: 'CPU time of the thread after warm-up with other rules and dictionaries; decoding, normalising and publishing are not in it',
      first: 'new dictionaries: every distinct value and combination is asked for the first time',
      again: 'the same batch again: what a stream approaches whose values repeat',
      detect: 'the same batch once more, with findings and evidence made of what matches',
      rulesAdded: `an even choice of the rules; past their number, copies with changed texts; captures: every ${every}th`,
    },
    figures: [
      {
        name: 'parse and compile all rules, fresh process, wall',
        unit: 'ms',
        rounds: measured.map(({ loadMs }) => loadMs),
      },
      per('Windows captures, first', (round) => round.captures, 'first'),
      per('Windows captures, again', (round) => round.captures, 'again'),
      per('Windows captures, again with findings', (round) => round.captures, 'detect'),
      per('Windows captures, observations', (round) => round.captures, 'observe'),
      per('flows and logons, first', (round) => round.flow, 'first'),
      per('flows and logons, again', (round) => round.flow, 'again'),
      per('flows and logons, observations', (round) => round.flow, 'observe'),
      ...ruleCounts.flatMap((count, index) => {
        const at = (round: Round) => round.byCount[index] ?? { captures: round.captures, flow: round.flow };
        return [
          per(`${count} rules, captures, first`, (round) => at(round).captures, 'first'),
          per(`${count} rules, captures, again`, (round) => at(round).captures, 'again'),
          per(`${count} rules, flows, first`, (round) => at(round).flow, 'first'),
          per(`${count} rules, flows, again`, (round) => at(round).flow, 'again'),
        ];
      }),
    ],
    checked:
      'all passes and processes find the same number of matches; that they are the right ones is checked by the corpus tests',
  });
}

if (whyNoCorpus !== undefined) console.log(`skipped: ${whyNoCorpus}`);
else if (process.argv.includes('--round')) console.log(JSON.stringify(measure()));
else {
  compare(
    Array.from({ length: rounds }, (): Round => {
      const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, '--round'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (status !== 0) throw new Error(`a round ended with ${status}`);
      return JSON.parse(stdout) as Round;
    }),
  );
}
