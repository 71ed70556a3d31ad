import pg from 'pg';
import { migrationsFolder, readMigrations, toMigrationList } from './migrations-folder.ts';
import { withSchemaEngine } from './schema-engine.ts';

export interface MigrationStatus {
  readonly applied: string[];
  /** On disk, not in the database. */
  readonly pending: string[];
  /** In the database, not on disk: it was written by another version of Parapet. */
  readonly unknown: string[];
  /** Began and did not end. Nothing of them was kept; `applyMigrations` tries them again. */
  readonly failed: string[];
  /** Applied, and their script has changed since. */
  readonly edited: string[];
}

/** A migration that cannot be applied; the message says what to do. */
export class MigrationError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MigrationError';
  }
}

/** Any number that no other user of the database is likely to lock. */
const advisoryLock = 7_247_270_350;
const lockTimeoutMs = 120_000;
const filters = { externalTables: [], externalEnums: [] };

/** Compares the database's own record with the migrations on disk. Changes nothing. */
export async function migrationStatus(url: string, folder = migrationsFolder): Promise<MigrationStatus> {
  return withClient(url, (client) => readStatus(client, folder));
}

/**
 * Applies what is pending, in order, each in a transaction of its own; resolves with the names applied. Processes that start
 * at once wait for each other; the later ones find nothing to do.
 * @throws {MigrationError} when one fails: those before it stay applied, of itself nothing is kept.
 */
export async function applyMigrations(
  url: string,
  opts: { log?: (line: string) => void; folder?: string } = {},
): Promise<string[]> {
  const { log, folder = migrationsFolder } = opts;
  return withClient(url, async (client) => {
    await lock(client, log);
    const migrations = await readMigrations(folder);
    const status = await readStatus(client, folder);
    refuseUnknown(status);
    if (status.pending.length === 0 && status.failed.length === 0) return [];
    return withSchemaEngine(url, async (engine) => {
      for (const migrationName of status.failed) {
        // Its transaction ended with the process or the error that stopped it, so there is nothing to undo.
        log?.(`migration ${migrationName} did not end the last time: trying it again`);
        await engine.markMigrationRolledBack({ migrationName });
      }
      try {
        const migrationsList = toMigrationList(folder, migrations);
        const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
        for (const name of appliedMigrationNames) log?.(`applied migration ${name}`);
        return appliedMigrationNames;
      } catch (error) {
        throw toMigrationError(error, await readStatus(client, folder), folder);
      }
    });
  });
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'parapet-migrate',
  });
  client.on('error', () => {});
  await client.connect().catch((error: unknown) => {
    throw toConnectError(url, error);
  });
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Names the server, never the password. */
function toConnectError(url: string, error: unknown): MigrationError {
  const { host, pathname, username } = new URL(url);
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new MigrationError(
    `PostgreSQL at ${host} does not let ${username || 'this user'} into database ${pathname.slice(1)}: ${reason}. ` +
      'See that it runs, and that DATABASE_URL is right.',
    error,
  );
}

/** Held until the connection ends. */
async function lock(client: pg.Client, log?: (line: string) => void): Promise<void> {
  const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS got', [advisoryLock]);
  if (rows[0]?.got) return;
  log?.('another process is applying migrations: waiting for it');
  await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
  } catch (error) {
    throw new MigrationError(
      `Another process has been applying migrations for over ${lockTimeoutMs / 1000} s. Look at what it does (application_name ` +
        `parapet-migrate in pg_stat_activity), end it if it hangs, then run: npm run parapet -- migrate apply`,
      error,
    );
  }
}

interface MigrationRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
  readonly rolled_back: boolean;
}

async function readStatus(client: pg.Client, folder: string): Promise<MigrationStatus> {
  const migrations = await readMigrations(folder);
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const rows = await readRows(client);
  const done = rows.filter((row) => row.finished && !row.rolled_back);
  const applied = new Set(done.map((row) => row.migration_name));
  const failed = rows.filter((row) => !row.finished && !row.rolled_back).map((row) => row.migration_name);
  return {
    applied: [...applied],
    pending: migrations.map(({ name }) => name).filter((name) => !applied.has(name)),
    unknown: [...applied].filter((name) => !known.has(name)),
    failed: [...new Set(failed)],
    edited: done
      .filter(
        (row) => known.has(row.migration_name) && known.get(row.migration_name)?.checksum !== row.checksum,
      )
      .map((row) => row.migration_name),
  };
}

async function readRows(client: pg.Client): Promise<MigrationRow[]> {
  const { rows: found } = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`);
  if (!found[0]?.there) return [];
  const { rows } = await client.query<MigrationRow>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back
     FROM _prisma_migrations ORDER BY migration_name, started_at`,
  );
  return rows;
}

function refuseUnknown({ unknown }: MigrationStatus): void {
  if (unknown.length === 0) return;
  throw new MigrationError(
    `The database has migrations that this version of Parapet does not know: ${unknown.join(', ')}. ` +
      'A newer version has written it: start that version, or point DATABASE_URL at another database.',
  );
}

function toMigrationError(error: unknown, status: MigrationStatus, folder: string): MigrationError {
  const name = status.failed[0];
  const reason = toReason(error);
  if (name === undefined) return new MigrationError(`Migrations could not be applied: ${reason}`, error);
  return new MigrationError(
    `Migration ${name} failed: ${reason}\nNothing of it was kept; the migrations before it stay applied. Correct ` +
      `${folder}/${name}/migration.sql, or the data that it stumbles on, then run: npm run parapet -- migrate apply`,
    error,
  );
}

/** The engine's messages end in a stack of its own. */
function toReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*\d+: |^\s+(at|with) /.test(line));
  return lines.map((line) => line.trim()).join(' ');
}
