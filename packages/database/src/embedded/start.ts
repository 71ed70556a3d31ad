import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { chooseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster, ensurePassword, roleName } from './cluster.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { takeOwnership } from './owner-lock.ts';
import { launchPostmaster } from './postmaster.ts';
import { stopOrphan, stopPostmaster } from './postmaster-file.ts';

export { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface EmbeddedPostgresOptions {
  /** Folder of its own; made when missing. Holds the data, the password, and who runs it. */
  readonly dir: string;
  /** Port on 127.0.0.1. @default any free one */
  readonly port?: number;
  /** Takes PostgreSQL's own log and what is done here, line by line. */
  readonly log?: (line: string) => void;
  /** False gives up what a power failure may cost for speed: for tests. @default true */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres {
  /** With the password: never log it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves with the exit code (null when killed) when PostgreSQL ends, by `stop` or by itself. */
  readonly exited: Promise<number | null>;
  /** Ends it in order and lets go of the folder. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from npm on 127.0.0.1 and resolves when it takes connections. Everything a killed run may leave behind is
 * put right first: a half-made data folder, a stale lock, a PostgreSQL that still runs.
 * @throws {EmbeddedPostgresError} with what to do, when it cannot run here or another process runs it.
 */
export async function startEmbeddedPostgres(opts: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = path.resolve(opts.dir);
  const data = path.join(folder, 'data');
  const log = opts.log ?? (() => {});
  const binaries = await findBinaries();
  await makeFolder(folder);
  const release = await takeOwnership(folder);
  try {
    await stopOrphan(data, log);
    const account = await chooseAccount(folder, data, binaries);
    const password = await ensurePassword(folder);
    await ensureCluster({ folder, data, password, binaries, account, log });
    const { port: wanted, durable = true } = opts;
    const postmaster = await launchPostmaster({ data, binaries, account, port: wanted, durable, log });
    const { pid, port } = postmaster;
    let running = true;
    // Whoever sees it ended may start it anew at once: the folder is free by then.
    const exited = postmaster.exited.then(async (code) => {
      running = false;
      await release();
      return code;
    });
    const stop = async () => {
      if (running) await stopPostmaster(pid);
      await exited;
    };
    const url = `postgresql://${roleName}:${password}@127.0.0.1:${port}/${roleName}`;
    try {
      await ensureDatabase(url);
    } catch (error) {
      await stop();
      throw error;
    }
    return { url, port, pid, exited, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    // Root hands the data to another user, who must be able to enter; nothing else in it can be read by him.
    await chmod(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EmbeddedPostgresError(
      `The folder ${folder} cannot be used: ${reason}. Choose one that this user may write.`,
      error,
    );
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [roleName]);
    if (!rowCount) await client.query(`CREATE DATABASE ${roleName}`);
  } finally {
    await client.end();
  }
}
