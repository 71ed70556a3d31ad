import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { stopOrphan } from './embedded/postmaster-file.ts';
import { isAlive } from './embedded/process-alive.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/start.ts';
import { applyMigrations } from './migrations.ts';

export interface TestDatabase {
  /** A database of its own with all migrations applied and no rows. */
  readonly url: string;
  close(): Promise<void>;
}

interface TestServer {
  readonly postgres: EmbeddedPostgres;
  readonly folder: string;
}

const template = 'parapet_template';
const prefix = 'parapet-test-postgres-';

let server: Promise<TestServer> | undefined;
let open = 0;

/**
 * A fresh, migrated database for a test. The first call of a process starts a PostgreSQL (about two seconds), further ones copy
 * a prepared database (some 50 ms); the close of the last open one stops it. Not durable: for tests alone.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  open += 1;
  try {
    server ??= startServer();
    const { postgres } = await server;
    const name = `test_${randomBytes(6).toString('hex')}`;
    await runOn(postgres.url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    let closing: Promise<void> | undefined;
    return {
      url: url.href,
      close: () => {
        closing ??= closeOne(postgres.url, name);
        return closing;
      },
    };
  } catch (error) {
    await letGo();
    throw error;
  }
}

async function closeOne(url: string, name: string): Promise<void> {
  try {
    // Dropping costs more than it saves when the whole server goes.
    if (open > 1) await runOn(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } finally {
    await letGo();
  }
}

async function letGo(): Promise<void> {
  open -= 1;
  if (open > 0 || !server) return;
  const ending = server;
  server = undefined;
  const { postgres, folder } = await ending;
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function startServer(): Promise<TestServer> {
  await removeLeftovers();
  // The owner's pid in the name tells later runs whether anybody still uses it.
  const folder = await mkdtemp(path.join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    const postgres = await startEmbeddedPostgres({ dir: folder, durable: false });
    await runOn(postgres.url, `CREATE DATABASE ${template}`);
    const url = new URL(postgres.url);
    url.pathname = `/${template}`;
    await applyMigrations(url.href);
    return { postgres, folder };
  } catch (error) {
    server = undefined;
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Servers of test processes that were killed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.match(/^parapet-test-postgres-(\d+)-/)?.[1]);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const folder = path.join(tmpdir(), name);
    const found = await stat(folder).catch(() => undefined);
    if (!found || found.uid !== process.getuid?.()) continue;
    await stopOrphan(path.join(folder, 'data'), () => {});
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
