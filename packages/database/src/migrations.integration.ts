import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations, migrationStatus } from './migrations.ts';
import { migrationsFolder } from './migrations-folder.ts';
import { newMigration } from './new-migration.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

let server: TestDatabase;
let folder: string;
let url: string;
let counter = 0;

beforeAll(async () => {
  server = await createTestDatabase();
});

afterAll(() => server.close());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-migrations-'));
  counter += 1;
  const name = `empty_${counter}`;
  await query(server.url, `CREATE DATABASE ${name}`);
  const empty = new URL(server.url);
  empty.pathname = `/${name}`;
  url = empty.href;
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function query(on: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: on });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function write(name: string, sql: string): Promise<void> {
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'migration.sql'), sql);
}

describe('the migrations of the project', () => {
  it('lead to the schema', async () => {
    // Fails when prisma/schema.prisma was changed without: npm run parapet -- migrate new NAME
    expect(
      await newMigration('schema_without_migration', { url, folder: await copyOfProject() }),
    ).toBeUndefined();
  });

  it('give alerts of before the account that they name', async () => {
    const all = await copyOfProject();
    const [, ...later] = (await readdir(all)).filter((name) => /^\d/.test(name)).sort();
    for (const name of later) await rm(path.join(all, name), { recursive: true });
    await applyMigrations(url, { folder: all });
    for (const [id, entities] of [
      ['a1', '{"account":"ACME-1"}'],
      ['a2', '{"host":"h1"}'],
    ]) {
      await query(
        url,
        `INSERT INTO alerts (id, fingerprint, severity, title, rule_id, rule, entities, count, counted, first_seen, last_seen, received_at)
         VALUES ('${id}', '${id}', 'high', 't', 'r', '{}', '${entities}', 1, '{}', now(), now(), now())`,
      );
    }
    await applyMigrations(url);
    expect(
      await query(url, 'SELECT account, risk_score, risk_contributions FROM alerts ORDER BY id'),
    ).toEqual([
      { account: 'acme-1', risk_score: null, risk_contributions: [] },
      { account: null, risk_score: null, risk_contributions: [] },
    ]);
  });

  it('are applied once when two processes start at once', async () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(url, { log })));
    const { pending, failed, unknown, edited, applied: names } = await migrationStatus(url);
    expect({ pending, failed, unknown, edited }).toEqual({
      pending: [],
      failed: [],
      unknown: [],
      edited: [],
    });
    expect(applied.flat()).toEqual(names);
    expect(lines.filter((line) => line.includes('waiting for it'))).toHaveLength(2);
    expect(await query(url, 'SELECT count(*)::int AS n FROM alerts')).toEqual([{ n: 0 }]);
  });
});

async function copyOfProject(): Promise<string> {
  await cp(migrationsFolder, folder, { recursive: true });
  return folder;
}

describe('applyMigrations', () => {
  it('sends a script whole: semicolons in strings and function bodies do not cut it', async () => {
    await write(
      '20260101000000_a',
      `CREATE TABLE t (a text DEFAULT 'x;y');
       CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 42; END $$;
       INSERT INTO t DEFAULT VALUES;`,
    );
    expect(await applyMigrations(url, { folder })).toEqual(['20260101000000_a']);
    expect(await query(url, 'SELECT a, f() FROM t')).toEqual([{ a: 'x;y', f: 42 }]);
    expect(await applyMigrations(url, { folder })).toEqual([]);
  });

  it('keeps nothing of a migration that fails, says what to do, and goes on once it is corrected', async () => {
    await write('20260101000000_a', 'CREATE TABLE a (n int);');
    await write('20260102000000_b', 'CREATE TABLE b (n int); INSERT INTO b VALUES (1); SELECT 1 / 0;');
    await expect(applyMigrations(url, { folder })).rejects.toThrow(
      /^Migration 20260102000000_b failed: .*division by zero.*\nNothing of it was kept.*20260102000000_b\/migration\.sql.*migrate apply$/s,
    );
    expect(await query(url, `SELECT to_regclass('a') AS a, to_regclass('b') AS b`)).toEqual([
      { a: 'a', b: null },
    ]);
    expect(await migrationStatus(url, folder)).toMatchObject({
      applied: ['20260101000000_a'],
      pending: ['20260102000000_b'],
      failed: ['20260102000000_b'],
    });
    await write('20260102000000_b', 'CREATE TABLE b (n int);');
    const lines: string[] = [];
    expect(await applyMigrations(url, { folder, log: (line) => lines.push(line) })).toEqual([
      '20260102000000_b',
    ]);
    expect(lines[0]).toBe('migration 20260102000000_b did not end the last time: trying it again');
    expect(await migrationStatus(url, folder)).toMatchObject({ pending: [], failed: [] });
  });

  it('applies a migration whose connection was cut in the middle, from its beginning', async () => {
    await write('20260101000000_a', 'CREATE TABLE a (n int); SELECT pg_terminate_backend(pg_backend_pid());');
    await expect(applyMigrations(url, { folder })).rejects.toThrow();
    expect(await query(url, `SELECT to_regclass('a') AS a`)).toEqual([{ a: null }]);
    await write('20260101000000_a', 'CREATE TABLE a (n int);');
    expect(await applyMigrations(url, { folder })).toEqual(['20260101000000_a']);
  });

  it('notes a migration in the transaction that applies it', async () => {
    await write('20260101000000_a', 'CREATE TABLE a (n int);');
    await applyMigrations(url, { folder });
    const rows = await query(
      url,
      `SELECT m.xmin::text = c.xmin::text AS together FROM _prisma_migrations m, pg_class c WHERE c.relname = 'a'`,
    );
    expect(rows).toEqual([{ together: true }]);
  });

  it('refuses a database that a newer version has written', async () => {
    await write('20260101000000_a', 'CREATE TABLE a (n int);');
    await write('20260102000000_b', 'CREATE TABLE b (n int);');
    await applyMigrations(url, { folder });
    await rm(path.join(folder, '20260102000000_b'), { recursive: true });
    await write('20260101000000_a', 'CREATE TABLE a (n bigint);');
    expect(await migrationStatus(url, folder)).toMatchObject({
      unknown: ['20260102000000_b'],
      edited: ['20260101000000_a'],
    });
    await expect(applyMigrations(url, { folder })).rejects.toThrow(
      /does not know: 20260102000000_b.*start that version/s,
    );
  });
});

describe('a database that cannot be reached', () => {
  it('is named without its password', async () => {
    const wrong = new URL(url);
    wrong.password = 'guessed-password';
    const problem = new RegExp(
      `^PostgreSQL at ${wrong.host} does not let parapet into database empty_.*DATABASE_URL is right`,
    );
    await expect(applyMigrations(wrong.href)).rejects.toThrow(problem);
    await expect(newMigration('probe', { url: wrong.href })).rejects.not.toThrow('guessed-password');
    wrong.port = '1';
    await expect(migrationStatus(wrong.href)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('newMigration', () => {
  const schema = (fields: string) =>
    `datasource db {\n provider = "postgresql"\n}\nmodel Thing {\n id Int @id\n ${fields}\n @@map("things")\n}\n`;

  it('writes what leads from the migrations to the schema, and nothing when they agree', async () => {
    const file = path.join(folder, 'schema.prisma');
    await writeFile(file, schema(''));
    const opts = { url, folder, schema: file };
    const first = await newMigration('first', { ...opts, now: new Date('2026-01-01T10:20:30Z') });
    expect(first).toBe(path.join(folder, '20260101102030_first', 'migration.sql'));
    expect(await newMigration('none', opts)).toBeUndefined();
    await writeFile(file, schema('name String?'));
    const second = await newMigration('second', opts);
    expect(await readFile(String(second), 'utf8')).toContain(
      'ALTER TABLE "things" ADD COLUMN     "name" TEXT;',
    );
    expect(await applyMigrations(url, { folder })).toHaveLength(2);
    expect(await query(url, 'SELECT id, name FROM things')).toEqual([]);
    const scratch = await query(url, `SELECT datname FROM pg_database WHERE datname LIKE 'parapet_shadow%'`);
    expect(scratch).toEqual([]);
  });

  it('writes an empty one on demand, for SQL that a schema cannot say', async () => {
    const file = path.join(folder, 'schema.prisma');
    await writeFile(file, schema(''));
    await newMigration('first', { url, folder, schema: file, now: new Date('2026-01-01T00:00:00Z') });
    const custom = await newMigration('checks', { url, folder, schema: file, custom: true });
    await writeFile(String(custom), 'ALTER TABLE things ADD CHECK (id > 0);');
    expect(await applyMigrations(url, { folder })).toHaveLength(2);
    await expect(query(url, 'INSERT INTO things VALUES (0)')).rejects.toThrow('check constraint');
  });

  it('refuses names that are no words, schemas that do not parse, and a clock that runs behind', async () => {
    const file = path.join(folder, 'schema.prisma');
    await writeFile(file, 'model Thing {');
    await expect(newMigration('../evil', { url, folder })).rejects.toThrow('is no name for a migration');
    await expect(newMigration('broken', { url, folder, schema: file })).rejects.toThrow('schema.prisma');
    await writeFile(file, schema(''));
    await write('29990101000000_future', 'SELECT 1;');
    await expect(newMigration('late', { url, folder, schema: file })).rejects.toThrow(
      "set this machine's clock",
    );
  });
});
