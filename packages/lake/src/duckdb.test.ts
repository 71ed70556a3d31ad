import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Duckdb, openDuckdb } from './duckdb.ts';

let dir: string;
let duckdb: Duckdb;
const none = { values: {}, types: {} };
const endless = 'SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b';

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-duckdb-'));
  duckdb = await openDuckdb({
    dir,
    temporaryDir: path.join(dir, '.duckdb'),
    memoryLimitMb: 128,
    threads: 1,
    maxConcurrent: 1,
    maxWaiting: 1,
  });
});
afterEach(async () => {
  await duckdb.close();
  await rm(dir, { recursive: true });
});

describe('duckdb', () => {
  it('binds values by name and takes them for nothing but values', async () => {
    const found = await duckdb.rows('SELECT $text AS text', {
      values: { text: "'; DROP TABLE x --" },
      types: {},
    });
    expect(found).toEqual([{ text: "'; DROP TABLE x --" }]);
  });

  it('stops a statement under way when it is aborted', async () => {
    const stop = new AbortController();
    const running = duckdb.rows(endless, none, stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await duckdb.rows('SELECT 1 AS one', none)).toEqual([{ one: 1 }]);
  });

  it('lets statements wait for their turn, but not without bound', async () => {
    const stop = new AbortController();
    const running = duckdb.rows(endless, none, stop.signal);
    const leave = new AbortController();
    const leaving = duckdb.rows('SELECT 1', none, leave.signal);
    await expect(duckdb.rows('SELECT 2', none)).rejects.toMatchObject({ code: 'BUSY' });
    leave.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' });
    const waiting = duckdb.rows('SELECT 3 AS three', none);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await waiting).toEqual([{ three: 3 }]);
  });

  it.each([
    "SELECT * FROM read_text('/etc/hostname')",
    "COPY (SELECT 1) TO '/tmp/parapet-must-not-exist.csv'",
    'INSTALL httpfs',
    "SET allowed_directories = ['/']",
    'SET enable_external_access = true',
    "ATTACH '/tmp/parapet-must-not-exist.db'",
  ])('refuses %s', async (sql) => {
    await expect(duckdb.rows(sql, none)).rejects.toThrow();
  });
});
