import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createDetector } from '@parapet/detection';
import { createDecoder } from '@parapet/event-model';
import { openLake } from '@parapet/lake';
import { compileRules, parseRules } from '@parapet/sigma';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, graphql } from '../support/graphql.ts';
import { listRules } from '../support/list-rules.ts';
import {
  type PartName,
  type Platform,
  rulesFolder,
  runParapet,
  startParapet,
  startPlatform,
  temporaryFolder,
} from '../support/platform.ts';

const { folder, remove } = temporaryFolder();
let platform: Platform;
beforeAll(async () => {
  // Two workers whatever the machine: killing one process takes both, and their partitions come back to others.
  platform = await startPlatform(folder, ['--workers', '2']);
});
afterAll(async () => {
  await platform.stop();
  remove();
});

const events = 12_000;
const rate = 600;
const victims: readonly PartName[] = ['processor', 'broker', 'postgres', 'broker', 'processor', 'postgres'];

describe('kill -9 during a replay', () => {
  it('of the processor, the broker and PostgreSQL in turn loses nothing and counts nothing twice', async () => {
    const capture = path.join(folder, 'capture.ndjson');
    await runParapet(['capture', capture, '--events', String(events)]);
    const expected = expectationsOf(readFileSync(capture));
    expect(expected.alerts.size).toBeGreaterThan(20);

    const replay = startParapet(['replay', capture, '--rate', String(rate), '--data-dir', folder]);
    const replayed = once(replay, 'exit');
    for (const [index, victim] of victims.entries()) {
      await storedAtLeast((events / (victims.length + 2)) * (index + 1));
      await kill(victim);
    }
    expect(await replayed).toEqual([0, null]);
    await storedAtLeast(expected.lines.size);
    await eventually(
      () => graphql<{ ingestStatus: { lag: number } }>(platform, '{ ingestStatus { lag } }'),
      ({ ingestStatus }) => ingestStatus.lag === 0,
    );

    const rows = await readLake();
    expect(rows.ids.size).toBe(rows.count);
    expect(rows.origins.size).toBe(rows.count);
    expect(rows.count).toBe(expected.lines.size);
    expect(rows.lines).toEqual(expected.lines);

    // Findings are behind the events; wait for the last of them, then look at every alert.
    const alerts = await eventually(readAlerts, (found) => sameEntries(found, expected.alerts)).catch(
      readAlerts,
    );
    expect(alerts).toEqual(expected.alerts);
    const { deadLetterCounts } = await graphql<{ deadLetterCounts: { count: number }[] }>(
      platform,
      '{ deadLetterCounts { reason count } }',
    );
    expect(deadLetterCounts.reduce((sum, { count }) => sum + count, 0)).toBe(expected.rejected);
  });
});

/** Waits until this many events can be found. */
const storedAtLeast = (count: number) =>
  eventually(
    () => graphql<{ eventCount: number }>(platform, '{ eventCount }'),
    ({ eventCount }) => eventCount >= count,
    180_000,
  );

/** Kills a part and waits until it runs again under another process id. */
async function kill(part: PartName): Promise<void> {
  const before = platform.pidOf(part);
  if (before === undefined) throw new Error(`${part} does not run`);
  const timesBefore = timesRestarted(part);
  process.kill(before, 'SIGKILL');
  await eventually(
    async () => timesRestarted(part),
    (times) => times > timesBefore,
  );
  expect(platform.pidOf(part)).not.toBe(before);
}

const timesRestarted = (part: PartName) =>
  platform.output().match(new RegExp(`^${part} +running again`, 'gm'))?.length ?? 0;

/** What a run without any fault finds: the lines that are events, and how often each alert counts. */
function expectationsOf(capture: Buffer) {
  const rules = listRules(rulesFolder).flatMap(
    (file) => parseRules(readFileSync(file, 'utf8'), { path: file }).rules,
  );
  const ruleSet = compileRules(rules);
  const detector = createDetector(ruleSet);
  const lines = new Set<number>();
  const alerts = new Map<string, number>();
  const records = splitLines(capture).map(({ value, line }, offset) => ({
    topicId: 'expected',
    partition: 0,
    offset,
    timestamp: Date.now(),
    value,
    headers: { 'parapet-line': String(line) },
  }));
  const { batches, rejected } = createDecoder({
    fields: (logSources) => ruleSet.forLogSources(logSources).fields,
  }).decode(records);
  for (const batch of batches) {
    for (const line of batch.lines()) if (line !== undefined) lines.add(line);
    for (const { fingerprint, matches } of detector.detect(batch).findings()) {
      const count = matches.reduce((sum, [, matched]) => sum + matched, 0);
      alerts.set(fingerprint, (alerts.get(fingerprint) ?? 0) + count);
    }
  }
  return { lines, alerts, rejected: rejected.length };
}

function splitLines(capture: Buffer): { value: Buffer; line: number }[] {
  const found: { value: Buffer; line: number }[] = [];
  let from = 0;
  for (let line = 1; from < capture.length; line++) {
    const end = capture.indexOf(0x0a, from);
    const value = capture.subarray(from, end);
    if (value.length > 0) found.push({ value, line });
    from = end + 1;
  }
  return found;
}

async function readLake() {
  const lake = await openLake({ dir: path.join(folder, 'lake') });
  const ids = new Set<string>();
  const origins = new Set<string>();
  const lines = new Set<number>();
  let count = 0;
  let after: { time: number; id: string } | undefined;
  do {
    const { rows, next } = await lake.search({}, { first: 1000, ...(after && { after }) });
    for (const { id, topicId, partition, offset, line, fileLine } of rows) {
      count++;
      ids.add(id);
      origins.add(`${topicId}/${partition}/${offset}/${line}`);
      if (fileLine !== undefined) lines.add(fileLine);
    }
    after = next;
  } while (after);
  await lake.close();
  return { ids, origins, lines, count };
}

async function readAlerts(): Promise<Map<string, number>> {
  const { databaseUrl } = JSON.parse(readFileSync(path.join(folder, 'running.json'), 'utf8')) as {
    databaseUrl: string;
  };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ fingerprint: string; count: string }>(
    'SELECT fingerprint, count FROM alerts',
  );
  await client.end();
  return new Map(rows.map(({ fingerprint, count }) => [fingerprint, Number(count)]));
}

const sameEntries = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) =>
  one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
