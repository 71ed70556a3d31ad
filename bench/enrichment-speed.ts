/**
 * What does enrichment cost: per event and attribute when the values are known, per new value, and to load a million
 * indicators? Six attributes, all kinds of providers that need no file of others: assets, users, indicators, an allow list, zones.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Enricher } from '@parapet/enrichment';
import { openEnricher } from '@parapet/enrichment/files';
import type { EventBatch } from '@parapet/event-model';
import { batchOfColumns, type TextColumn } from './support/column-batch.ts';
import { report } from './support/report.ts';

const rounds = 5;
const indicators = 1_000_000;
const rows = 5_000;
const passes = 400;
/** Distinct values of each attribute. */
const distinct = 2_000;
const fresh = 100_000;

interface Round {
  readonly loadMs: number;
  readonly megabytes: number;
  readonly warmNs: number;
  readonly newValueNs: number;
  readonly found: number;
}

/** One round, in a process of its own. */
async function measure(): Promise<Round> {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-enrichment-'));
  try {
    writeFileSync(path.join(folder, 'bad.txt'), indicatorLines());
    writeFileSync(path.join(folder, 'good.txt'), '203.0.113.53\nallowed.example\n');
    writeFileSync(path.join(folder, 'assets.csv'), assetLines());
    writeFileSync(path.join(folder, 'users.csv'), 'name,privileged\nuser1,true\nuser2,false\n');
    writeFileSync(path.join(folder, 'enrichment.yml'), config);
    const before = memory();
    const start = process.cpuUsage();
    const enricher = await openEnricher({
      file: path.join(folder, 'enrichment.yml'),
      log: { info: () => {}, warn: () => {} },
    });
    const loadMs = process.cpuUsage(start).user / 1_000;
    const megabytes = memory() - before;
    if (enricher.status().some(({ state }) => state !== 'ready')) throw new Error('not all data was loaded');
    const { warmNs, found } = warm(enricher);
    const newValueNs = newValues(enricher);
    await enricher.close();
    return { loadMs, megabytes, warmNs, newValueNs, found };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const config = `
providers:
  - { name: assets, kind: asset, file: assets.csv }
  - { name: users, kind: user, file: users.csv }
  - { name: bad, kind: indicator, file: bad.txt }
  - { name: good, kind: indicator, file: good.txt, allow: true }
`;

const address = (index: number): string =>
  `${11 + (index >> 24)}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

/** Half addresses, a quarter domains, an eighth each networks and hashes. */
function indicatorLines(): string {
  return Array.from({ length: indicators }, (_, index) => {
    if (index % 2 === 0) return address(index * 7);
    if (index % 4 === 1) return `bad${index}.example`;
    return index % 8 === 3 ? `${address(0x8000_0000 + index * 16)}/28` : index.toString(16).padStart(64, 'a');
  }).join('\n');
}

function assetLines(): string {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `host${index},10.1.${index >> 8}.${index & 255},${index % 100 === 0 ? 'critical' : 'low'}`,
  );
  return `host,address,criticality\n${lines.join('\n')}\n`;
}

const columnsOf = (start: number, count: number): readonly TextColumn[] => [
  {
    path: 'src_endpoint.ip',
    count,
    textOf: (value) => `10.1.${((start + value) >> 8) & 255}.${(start + value) & 255}`,
  },
  { path: 'dst_endpoint.ip', count, textOf: (value) => address((start + value) * 49) },
  { path: 'device.hostname', count, textOf: (value) => `host${start + value}` },
  { path: 'actor.user.name', count, textOf: (value) => `user${start + value}` },
  { path: 'query.hostname', count, textOf: (value) => `www.bad${start + value}.example` },
  { path: 'file.hashes.sha256', count, textOf: (value) => (start + value).toString(16).padStart(64, 'a') },
];

function warm(enricher: Enricher): { readonly warmNs: number; readonly found: number } {
  const batch = batchOfColumns(columnsOf(0, distinct), rows);
  const found = answersIn(enricher, batch);
  const start = process.cpuUsage();
  for (let pass = 0; pass < passes; pass += 1) enricher.enrich(batch);
  const { user } = process.cpuUsage(start);
  if (answersIn(enricher, batch) !== found) throw new Error('known values do not give what new values gave');
  return { warmNs: (user * 1_000) / (passes * rows * 6), found };
}

/** Each row has six values that were never seen. */
function newValues(enricher: Enricher): number {
  const batch = batchOfColumns(columnsOf(1_000_000, fresh), fresh);
  const start = process.cpuUsage();
  enricher.enrich(batch);
  return (process.cpuUsage(start).user * 1_000) / (fresh * 6);
}

function answersIn(enricher: Enricher, batch: EventBatch): number {
  let count = 0;
  for (const { codes, known } of enricher.enrich(batch).columns) {
    for (const code of codes) count += known[code]?.length ?? 0;
  }
  return count;
}

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

/** What the answers of one batch must be: counted from how the data was made. */
function expectedAnswers(): number {
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    const value = row % distinct;
    // A private address that is an asset; a host that is one.
    count += 2 + 1;
    // An address of the internet, listed where 49 times the value is an even number times seven.
    count += 1 + (value % 2 === 0 ? 1 : 0);
    if (value === 1 || value === 2) count += 1;
    if (value % 4 === 1) count += 1;
    if (value % 8 === 7) count += 1;
  }
  return count;
}

if (process.argv.includes('--round')) {
  console.log(JSON.stringify(await measure()));
} else {
  const measured = Array.from({ length: rounds }, () => {
    const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', import.meta.filename, '--round'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(`a round ended with ${status}`);
    return JSON.parse(stdout) as Round;
  });
  const expected = expectedAnswers();
  for (const { found } of measured)
    if (found !== expected) throw new Error(`${found} answers were found; the data has ${expected}`);
  const figure = (name: string, unit: string, key: keyof Round) => ({
    name,
    unit,
    rounds: measured.map((round) => round[key]),
  });
  report({
    question: 'enrichment-speed',
    conditions: {
      indicators,
      attributes: 6,
      eventsPerBatch: rows,
      distinctValuesPerAttribute: distinct,
      answersPerEvent: expected / rows,
      providers:
        '10,000 assets, users, 1,000,000 indicators (half addresses, a quarter domains, an eighth each networks and SHA-256), an allow list, zones',
      cores: 1,
      time: 'user CPU time of one process, so that other load does not count',
    },
    figures: [
      figure('values known, per event and attribute', 'ns', 'warmNs'),
      figure('new value, asked of all its providers', 'ns', 'newValueNs'),
      figure('read and load all data', 'ms', 'loadMs'),
      figure('memory of all data', 'MB', 'megabytes'),
    ],
    checked: `every round found the ${expected} answers that the data has, the first time and the last`,
  });
}
