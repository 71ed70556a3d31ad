/**
 * How many events a second does the engine alone take, from records to findings and scores, with all rules of SigmaHQ loaded?
 * Decode, normalise (all OCSF attributes), enrich, detect, score, observe; nothing is stored or sent. Two inputs: flows and logons
 * (bench/support/flow-mix.ts) and the Windows captures of the corpus. `--workers N`, `--rounds N`, `--events N` (of the mix, per worker).
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { parseRules } from '@parapet/sigma';
import type { EngineCommand, EngineRound, EngineWorkerData } from './support/engine-worker.ts';
import { median, report } from './support/report.ts';

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
const { PARAPET_CORPUS: corpus = path.join(import.meta.dirname, '../../shared/corpus') } = process.env;
const warmUps = 3;
/** 3,898 that an independent evaluator expects, and 162 of Security 4688 that it left out; see docs/corpus-differences.md. */
const expectedMatches = 4_060;

if (!existsSync(path.join(corpus, 'sigma/rules'))) {
  console.log(`skipped: the corpus is not at ${corpus}; set PARAPET_CORPUS`);
} else {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-engine-'));
  try {
    const enrichmentFile = writeEnrichment(folder);
    for (const input of values.input) await measure(input as EngineWorkerData['input'], enrichmentFile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Share {
  readonly worker: Worker;
  ask<T>(command: EngineCommand | 'prepare'): Promise<T>;
}

async function measure(input: EngineWorkerData['input'], enrichmentFile: string): Promise<void> {
  const rules = ['rules', 'rules-emerging-threats', 'rules-threat-hunting'].flatMap((name) =>
    readdirSync(path.join(corpus, 'sigma', name), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yml'))
      .flatMap((file) => parseRules(readFileSync(path.join(corpus, 'sigma', name, file), 'utf8')).rules),
  );
  const shares = await Promise.all(
    Array.from({ length: workers }, (_, number) =>
      startShare({
        number,
        workers,
        input,
        events: Number(values.events),
        corpus,
        rules,
        enrichmentFile,
        recordsAtOnce: 4_000,
      }),
    ),
  );
  const all = <T>(command: EngineCommand | 'prepare') =>
    Promise.all(shares.map((share) => share.ask<T>(command)));
  const timed = async (command: EngineCommand): Promise<{ perSecond: number; seen: EngineRound[] }> => {
    const start = performance.now();
    const seen = await all<EngineRound>(command);
    const seconds = (performance.now() - start) / 1000;
    return { perSecond: seen.reduce((sum, { events }) => sum + events, 0) / seconds, seen };
  };
  const cold = await timed('again');
  for (let round = 1; round < warmUps; round += 1) await timed('again');
  const fresh: Awaited<ReturnType<typeof timed>>[] = [];
  const again: Awaited<ReturnType<typeof timed>>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await all('prepare');
    fresh.push(await timed('fresh'));
    again.push(await timed('again'));
  }
  await Promise.all(shares.map(({ worker }) => worker.terminate()));

  const sum = (seen: readonly EngineRound[], key: keyof EngineRound) =>
    seen.reduce((total, one) => total + one[key], 0);
  const told = ['events', 'matches', 'enriched', 'scored', 'rejected', 'attributes'] as const;
  const key = ({ seen }: { readonly seen: readonly EngineRound[] }) =>
    JSON.stringify(told.map((name) => sum(seen, name)));
  if (new Set([cold, ...fresh, ...again].map(key)).size !== 1)
    throw new Error(`rounds do not agree on what they saw: ${[cold, ...fresh, ...again].map(key).join(' ')}`);
  const events = sum(cold.seen, 'events');
  if (sum(cold.seen, 'rejected') > 0 || sum(cold.seen, 'enriched') === 0 || sum(cold.seen, 'scored') === 0)
    throw new Error(`work was skipped: ${key(cold)}`);
  if (input === 'captures' && sum(cold.seen, 'matches') !== expectedMatches)
    throw new Error(`${sum(cold.seen, 'matches')} matches, not the ${expectedMatches} of the corpus tests`);
  const cpu = (seen: readonly EngineRound[]) => (sum(seen, 'cpuMs') * 1000) / events;
  report({
    question: `engine-${input}`,
    conditions: {
      workers,
      rules: rules.length,
      eventsPerRound: events,
      bytesPerEvent: Math.round(sum(cold.seen, 'bytes') / events),
      matchesPerRound: sum(cold.seen, 'matches'),
      scoredPerRound: sum(cold.seen, 'scored'),
      answersPerEvent: Math.round((sum(cold.seen, 'enriched') / events) * 100) / 100,
      work: 'decode, all OCSF attributes, enrich (assets, users, zones, countries, 100,000 indicators), detect, score, evidence, observe; nothing stored',
      records: 'one event a record, 4,000 records at once',
      fresh: 'rules compiled anew and dictionaries empty before the round; machine code warm',
      again: 'the same events again with the same engine',
      heapMbOfBothWorkers: Math.max(...again.map(({ seen }) => sum(seen, 'heapMb'))),
    },
    figures: [
      { name: 'first round of the process', unit: 'events/s', rounds: [cold.perSecond] },
      { name: 'fresh', unit: 'events/s', rounds: fresh.map(({ perSecond }) => perSecond) },
      { name: 'again', unit: 'events/s', rounds: again.map(({ perSecond }) => perSecond) },
      { name: 'fresh, CPU of a worker', unit: 'us/event', rounds: fresh.map(({ seen }) => cpu(seen)) },
      { name: 'again, CPU of a worker', unit: 'us/event', rounds: again.map(({ seen }) => cpu(seen)) },
    ],
    checked:
      'every round sees the same events, matches, answers and scores; for the captures the matches are as many as the corpus tests expect, one by one',
  });
  if (Number.isNaN(median(fresh.map(({ perSecond }) => perSecond)))) process.exitCode = 1;
}

function startShare(data: EngineWorkerData): Promise<Share> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./support/engine-worker.ts', import.meta.url), { workerData: data });
    const waiting: ((answer: unknown) => void)[] = [];
    worker.on('error', reject);
    worker.once('message', () => {
      worker.on('message', (answer) => waiting.shift()?.(answer));
      resolve({
        worker,
        ask: <T>(command: EngineCommand | 'prepare') =>
          new Promise<T>((done) => {
            waiting.push((answer) => done(answer as T));
            worker.postMessage(command);
          }),
      });
    });
  });
}

/** Everything that can be known: assets, users, indicators, zones, and countries where the corpus has a database. */
function writeEnrichment(folder: string): string {
  const hosts = Array.from(
    { length: 5_000 },
    (_, host) =>
      `ws-${host}.corp.example,10.${(host >> 8) & 15}.${(host & 255) >> 2}.${1 + (host & 3) * 60},${host % 50 === 0 ? 'critical' : 'low'},team${host % 20}`,
  );
  writeFileSync(path.join(folder, 'assets.csv'), `host,address,criticality,owner\n${hosts.join('\n')}\n`);
  const users = Array.from({ length: 2_000 }, (_, user) => `user${user},${user % 100 === 0}`);
  writeFileSync(path.join(folder, 'users.csv'), `name,privileged\n${users.join('\n')}\n`);
  const bad = Array.from({ length: 100_000 }, (_, index) =>
    index % 2 === 0 ? `${20 + (index % 180)}.${index & 255}.${(index >> 8) & 255}.9` : `bad${index}.example`,
  );
  writeFileSync(path.join(folder, 'bad.txt'), bad.join('\n'));
  const countries = path.join(corpus, 'geo/test-data/GeoLite2-Country-Test.mmdb');
  writeFileSync(
    path.join(folder, 'enrichment.yml'),
    [
      'providers:',
      '  - { name: assets, kind: asset, file: assets.csv }',
      '  - { name: users, kind: user, file: users.csv }',
      '  - { name: bad, kind: indicator, file: bad.txt, confidence: 60 }',
      ...(existsSync(countries)
        ? [`  - { name: countries, kind: location, file: ${JSON.stringify(countries)} }`]
        : []),
      '',
    ].join('\n'),
  );
  return path.join(folder, 'enrichment.yml');
}
