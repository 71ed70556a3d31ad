/**
 * What do more rules cost the engine? The same events through the whole engine with 100, 1,000, 3,000 and 10,000 rules: an even choice of
 * SigmaHQ's, past their number copies of them with changed texts. One worker. The counts in turn within each round, the other way round in
 * every second one, and the events several times: what the machine does beside them is then a smaller part of what is compared.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseRules } from '@parapet/sigma';
import { rulesOfNumber, ruleTexts, whyNoCorpus } from './support/detection-input.ts';
import { startEngineShare, writeEnrichment } from './support/engine-share.ts';
import type { EngineRound } from './support/engine-worker.ts';
import { groupsTold } from './support/record-groups.ts';
import { median, report } from './support/report.ts';

const counts = [100, 1_000, 3_000, 10_000];
const rounds = 10;
const warmUps = 3;
/** How often a round takes all events through the engine. */
const passes = 4;
const inputs = [
  { input: 'flow', name: 'flows and logons', events: 200_000, shares: 1 },
  { input: 'captures', name: 'Windows captures', events: 0, shares: 6 },
] as const;

if (whyNoCorpus !== undefined) console.log(`skipped: ${whyNoCorpus}`);
else {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-engine-'));
  try {
    await measure(writeEnrichment(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sum(of: readonly EngineRound[], what: 'events' | 'cpuMs'): number {
  return of.reduce((all, one) => all + one[what], 0);
}

async function measure(enrichmentFile: string): Promise<void> {
  const rules = ruleTexts().flatMap((text) => parseRules(text).rules);
  const figures: { name: string; unit: string; rounds: number[] }[] = [];
  const conditions: Record<string, string | number> = {
    workers: 1,
    rulesGiven: counts.join(', '),
    records: groupsTold,
    work: 'decode, all OCSF attributes, enrich, detect, score, evidence, observe; nothing stored',
    time: `CPU of the worker over ${passes} passes a round; dictionaries warm after three rounds`,
    rulesAdded: 'an even choice of SigmaHQ rules; past their number copies with changed texts',
  };
  for (const { input, name, events, shares } of inputs) {
    const workers = [];
    for (const count of counts) {
      workers.push(
        await startEngineShare({
          number: 0,
          shares,
          input,
          events,
          rules: rulesOfNumber(rules, count),
          enrichmentFile,
        }),
      );
    }
    const seen: EngineRound[][] = counts.map(() => []);
    const rates: number[][] = counts.map(() => []);
    for (let round = 0; round < warmUps + rounds; round += 1) {
      const inTurn = [...workers.entries()];
      for (const [index, worker] of round % 2 === 0 ? inTurn : inTurn.reverse()) {
        const passed: EngineRound[] = [];
        while (passed.length < passes) passed.push(await worker.round());
        if (round < warmUps) continue;
        seen[index]?.push(...passed);
        rates[index]?.push((1000 * sum(passed, 'events')) / sum(passed, 'cpuMs'));
      }
    }
    for (const worker of workers) await worker.close();
    for (const [index, count] of counts.entries()) {
      figures.push({
        name: `${name}, ${count} rules`,
        unit: 'events/s of one core',
        rounds: rates[index] ?? [],
      });
      conditions[`${name}, matches a round with ${count} rules`] = seen[index]?.[0]?.matches ?? 0;
    }
    figures.push({
      name: `${name}, 3,000 rules against 100`,
      unit: '% of the events/s',
      rounds: (rates[2] ?? []).map((rate, round) => (100 * rate) / (rates[0]?.[round] ?? Number.NaN)),
    });
    if (seen.some((of) => new Set(of.map(({ matches }) => matches)).size !== 1))
      throw new Error('rounds do not agree on what matches');
    if (!(median(rates[2] ?? []) > 0)) throw new Error('nothing was measured');
  }
  report({
    question: 'engine-rules',
    conditions,
    figures,
    checked:
      'every round of a count finds the same matches; that they are the right ones is checked by the corpus tests',
  });
}
