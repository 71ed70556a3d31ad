/**
 * How long does it take to load all Sigma rules, and how many events a second can one core ask them of? Rules and events are
 * those of the corpus (PARAPET_CORPUS, default ../shared/corpus); without it nothing is measured. Decoding is not counted here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createDecoder, type EventBatch, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules, type RuleSet } from '@parapet/sigma';
import { report } from './support/report.ts';

const rounds = 5;
const batchSize = 2_000;
const captures = [
  'cmd_dumping_ntds_dit_file_volume_shadow_copy',
  'empire_shell_rubeus_asktgt_createnetonly_2020-09-21230246',
  'psh_metasploit_stop_netprofm_eventlog_after_reboot',
];
const { PARAPET_CORPUS: corpus = path.join(import.meta.dirname, '../../shared/corpus') } = process.env;

interface Round {
  readonly loadMs: number;
  readonly coldPerSecond: number;
  readonly warmPerSecond: number;
  readonly matches: number;
  readonly events: number;
  readonly bytes: number;
  readonly rules: number;
}

/** One round, in a process of its own. */
function measure(): Round {
  const files = ['rules', 'rules-emerging-threats', 'rules-threat-hunting'].flatMap((folder) =>
    readdirSync(path.join(corpus, 'sigma', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yml'))
      .map((file) => path.join(corpus, 'sigma', folder, file)),
  );
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const start = process.cpuUsage();
  const set = compileRules(texts.flatMap((text) => parseRules(text).rules));
  const loadMs = process.cpuUsage(start).user / 1_000;

  const decoder = createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields });
  const records = captures.map(recordsOf);
  const batches = records
    .flatMap((all) =>
      Array.from({ length: Math.ceil(all.length / batchSize) }, (_, index) =>
        all.slice(index * batchSize, (index + 1) * batchSize),
      ),
    )
    .flatMap((some) => decoder.decode(some).batches);
  const events = batches.reduce((sum, batch) => sum + batch.length, 0);
  const cold = evaluate(set, batches);
  const warm = evaluate(set, batches);
  if (cold.matches !== warm.matches)
    throw new Error(`the second pass found ${warm.matches} matches, the first ${cold.matches}`);
  const bytes = records.flat().reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  return {
    loadMs,
    coldPerSecond: events / cold.seconds,
    warmPerSecond: events / warm.seconds,
    matches: cold.matches,
    events,
    bytes,
    rules: set.rules.length,
  };
}

function recordsOf(name: string): readonly RawRecord[] {
  const text = gunzipSync(
    readFileSync(path.join(corpus, 'windows-otrf/captures', `${name}.ndjson.gz`)),
  ).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(
      (line, offset): RawRecord => ({
        topicId: 'bench',
        partition: 0,
        offset,
        timestamp: 1.6e12,
        value: Buffer.from(line),
        headers: {},
      }),
    );
}

function evaluate(set: RuleSet, batches: readonly EventBatch[]): { seconds: number; matches: number } {
  let matches = 0;
  const start = process.cpuUsage();
  for (const batch of batches) {
    for (const [route, sources] of batch.logSources.entries()) {
      const rows: number[] = [];
      for (let row = 0; row < batch.length; row++) if (batch.routes[row] === route) rows.push(row);
      set.forLogSources(sources).evaluate(batch, Uint32Array.from(rows), () => matches++);
    }
  }
  return { seconds: process.cpuUsage(start).user / 1e6, matches };
}

if (!existsSync(path.join(corpus, 'sigma/rules'))) {
  console.log(`skipped: the corpus is not at ${corpus}; set PARAPET_CORPUS`);
} else if (process.argv.includes('--round')) {
  console.log(JSON.stringify(measure()));
} else {
  const measured = Array.from({ length: rounds }, () => {
    const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, '--round'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`a round ended with ${status}`);
    return JSON.parse(stdout) as Round;
  });
  const [first] = measured;
  if (first === undefined || measured.some(({ matches }) => matches !== first.matches) || first.matches === 0)
    throw new Error('rounds do not agree on what matches');
  report({
    question: 'sigma-rules',
    conditions: {
      rules: first.rules,
      events: first.events,
      bytesPerEvent: Math.round(first.bytes / first.events),
      matches: first.matches,
      eventsPerBatch: batchSize,
      cores: 1,
      time: 'user CPU time of one process, so that other load does not count; decoding, normalising and publishing are not in it',
      first: 'every distinct value, and every combination, is asked for the first time',
      again: 'the same events again: what a stream approaches whose values repeat',
    },
    figures: [
      {
        name: 'parse and compile all rules, fresh process',
        unit: 'ms',
        rounds: measured.map(({ loadMs }) => loadMs),
      },
      {
        name: 'all rules, first pass',
        unit: 'events/s',
        rounds: measured.map(({ coldPerSecond }) => coldPerSecond),
      },
      {
        name: 'all rules, again',
        unit: 'events/s',
        rounds: measured.map(({ warmPerSecond }) => warmPerSecond),
      },
    ],
    checked:
      'five processes and both passes find the same number of matches; that they are the right ones is checked by the corpus tests',
  });
}
