import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Enricher } from '../enrichment.ts';
import { checkEnrichmentConfig, openEnricher } from '../files/index.ts';
import { batchOf } from '../testing/batch-of.ts';
import { createTestLog } from '../testing/test-providers.ts';
import { createPostgresSource } from './postgres-source.ts';

let database: TestDatabase;
let admin: Client;
let folder: string;
let time = Date.now();

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  await admin.query('CREATE TABLE inventory (hostname text, ip inet[], criticality text, owner text)');
  await admin.query('CREATE TABLE staff (name text, privileged boolean, department text)');
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-postgres-source-'));
});
afterAll(async () => {
  await admin?.end();
  await database?.close();
  if (folder) await rm(folder, { recursive: true });
});

const config = (more = ''): string => `
providers:
  - name: inventory
    kind: asset
    postgres:
      urlFrom: ASSETS_URL
      query: |
        SELECT hostname AS host, ip AS address, criticality, owner FROM inventory; -- all of them
    refreshSeconds: 5
    ${more}
  - { name: staff, kind: user, refreshSeconds: 5, postgres: { urlFrom: ASSETS_URL, query: SELECT * FROM staff } }
`;

const open = async (url: string, log = createTestLog(), text = config()): Promise<Enricher> => {
  const file = path.join(folder, 'enrichment.yml');
  await writeFile(file, text);
  return openEnricher({ file, log, environment: { ASSETS_URL: url }, now: () => time });
};
const known = (enricher: Enricher, attributes: Record<string, string>) =>
  enricher
    .enrich(batchOf([attributes]))
    .answersAt(0)
    .filter(({ answer }) => answer.kind !== 'zone')
    .map(({ answer }) => ({ provider: answer.provider, ...answer.values }));

describe('assets and users of a database', () => {
  test('are known by every name, whatever is in the names, and changes are taken over', async () => {
    const hostile = "x'; DROP TABLE inventory; --";
    await admin.query(
      'INSERT INTO inventory VALUES ($1, $2, $3, $4), ($5, NULL, $6, $7), ($8, NULL, $9, NULL)',
      [
        'web01',
        ['10.0.0.1', '10.1.0.0/16'],
        'critical',
        'line one\nline "two"',
        'db01',
        'HIGH',
        hostile,
        'broken',
        'no such criticality',
      ],
    );
    await admin.query("INSERT INTO staff VALUES ('alice', true, 'IT')");
    const enricher = await open(database.url);
    try {
      const web = { provider: 'inventory', criticality: 'critical', owner: 'line one\nline "two"' };
      expect(known(enricher, { 'device.hostname': 'WEB01' })).toEqual([web]);
      expect(known(enricher, { 'src_endpoint.ip': '10.0.0.1' })).toEqual([web]);
      expect(known(enricher, { 'src_endpoint.ip': '10.1.2.3' })).toEqual([web]);
      expect(known(enricher, { 'device.hostname': 'db01' })).toEqual([
        { provider: 'inventory', criticality: 'high', owner: hostile },
      ]);
      expect(known(enricher, { 'user.name': 'alice' })).toMatchObject([
        { provider: 'staff', privileged: true },
      ]);
      expect(known(enricher, { 'device.hostname': hostile })).toEqual([]);
      expect(enricher.status().find(({ provider }) => provider === 'inventory')).toMatchObject({
        state: 'ready',
        entries: 2,
        rejected: 1,
      });
      await admin.query("UPDATE inventory SET owner = 'ops' WHERE hostname = 'web01'");
      time += 6_000;
      await enricher.refresh();
      expect(known(enricher, { 'device.hostname': 'web01' })).toMatchObject([{ owner: 'ops' }]);
      // Nothing changed: the data is not read into memory again.
      const revision = enricher.status().map(({ asOf }) => asOf);
      time += 6_000;
      await enricher.refresh();
      expect(enricher.status().map(({ asOf }) => asOf)).toEqual(revision);
    } finally {
      await enricher.close();
    }
  });

  test('stay known when the database refuses, and the password is told to nobody', async () => {
    const url = new URL(database.url);
    url.username = 'nobody';
    url.password = 'very-secret';
    const log = createTestLog();
    const enricher = await open(url.href, log);
    try {
      expect(known(enricher, { 'device.hostname': 'web01' })).toEqual([]);
      const status = enricher.status().find(({ provider }) => provider === 'inventory');
      expect(status).toMatchObject({
        state: 'failed',
        problem: expect.stringMatching(/^The database of ASSETS_URL cannot be read \(.*nobody.*\)\.$/),
      });
      expect(JSON.stringify([log, status])).not.toContain('very-secret');
    } finally {
      await enricher.close();
    }
  });

  test('a query can only read, and one that takes too long is cancelled', async () => {
    const read = (query: string, timeoutMs = 30_000) =>
      createPostgresSource({
        urlFrom: 'A',
        query,
        timeoutMs,
        environment: { A: database.url },
      }).read(undefined);
    await expect(read('DELETE FROM inventory RETURNING *')).rejects.toThrow(
      /^The database of A cannot be read/,
    );
    await expect(read("SELECT setval(oid::regclass, 1) FROM pg_class WHERE relkind = 'S'")).rejects.toThrow(
      'read-only transaction',
    );
    await expect(read('SELECT 1; COMMIT; DROP TABLE inventory')).rejects.toThrow('multiple commands');
    await expect(read('SELECT pg_sleep(60)', 200)).rejects.toThrow('statement timeout');
    const { rows } = await admin.query('SELECT count(*)::int AS count FROM inventory');
    expect(rows).toEqual([{ count: 3 }]);
    const content = await read("SELECT n, repeat('x', 10) AS text FROM generate_series(1, 12000) n");
    expect(content?.bytes.filter((byte) => byte === 0x0a).length).toBe(12_000);
  });

  test('a variable that is missing or holds no URL is a mistake of the configuration', () => {
    expect(() => checkEnrichmentConfig(config(), {})).toThrow(
      'The environment variable ASSETS_URL, which the enrichment configuration names, is not set',
    );
    const wrong = () => checkEnrichmentConfig(config(), { ASSETS_URL: 'mysql://u:very-secret@h/d' });
    expect(wrong).toThrow('The environment variable ASSETS_URL holds no URL of the form');
    expect(wrong).not.toThrow('very-secret');
    expect(() => checkEnrichmentConfig(config(), { ASSETS_URL: 'postgresql://u@h/d' })).not.toThrow();
  });
});
