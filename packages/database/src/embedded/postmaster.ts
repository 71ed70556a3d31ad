import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { type Account, cleanEnvironment } from './account.ts';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { readPostmasterFile } from './postmaster-file.ts';

export interface LaunchOptions {
  readonly data: string;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly port: number | undefined;
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

export interface RunningPostmaster {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<number | null>;
}

/** Recovery after a crash reads back at most `max_wal_size`: this is far more than it takes. */
const startTimeoutMs = 120_000;
/** How long the children of a killed PostgreSQL may take to see that it is gone. */
const orphansTimeoutMs = 30_000;

/** Starts PostgreSQL on existing data and waits until it takes connections. */
export async function launchPostmaster(opts: LaunchOptions): Promise<RunningPostmaster> {
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt++) {
    const port = opts.port || (await findFreePort());
    const result = await tryLaunch(opts, port);
    if (result.kind === 'running') return result;
    if (result.reason === 'orphans' && performance.now() - startedAt < orphansTimeoutMs) {
      opts.log('waiting for the children of a PostgreSQL that was killed');
      await delay(200);
      continue;
    }
    // Somebody took the free port between finding and using it.
    if (result.reason === 'port' && !opts.port && attempt < 5) continue;
    throw toLaunchError(opts, port, result);
  }
}

type Launch = ({ kind: 'running' } & RunningPostmaster) | FailedLaunch;

interface FailedLaunch {
  readonly kind: 'failed';
  readonly reason: 'port' | 'orphans' | 'other';
  readonly lastLines: readonly string[];
}

async function tryLaunch(opts: LaunchOptions, port: number): Promise<Launch> {
  const { file, args, options } = opts.account.command(opts.binaries.postgres, toArguments(opts, port));
  // A process group of its own: Ctrl-C in a terminal reaches every process of the group, and PostgreSQL must stop last.
  const child = spawn(file, args, {
    ...options,
    cwd: '/',
    env: cleanEnvironment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lastLines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      opts.log(line);
    });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      lastLines.push(error.message);
      resolve(null);
    });
    child.once('close', resolve);
  });
  const pid = child.pid;
  if (pid !== undefined && (await isReady(opts.data, child))) {
    const onExit = () => child.kill('SIGINT');
    process.once('exit', onExit);
    void exited.then(() => process.off('exit', onExit));
    return { kind: 'running', pid, port, exited };
  }
  child.kill('SIGQUIT');
  await exited;
  return { kind: 'failed', reason: toReason(lastLines.join('\n')), lastLines };
}

function toArguments(opts: LaunchOptions, port: number): string[] {
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: '127.0.0.1',
    port,
    // No socket file: its path has a length limit that a deep folder exceeds, and nothing here needs it.
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    max_connections: 100,
    shared_buffers: '128MB',
    effective_cache_size: '512MB',
    maintenance_work_mem: '64MB',
    // Parallel plans need /dev/shm, which containers keep small, and more cores than a small machine has to spare.
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    // Nobody replicates from here: less to write.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '512MB',
    fsync: opts.durable ? 'on' : 'off',
    synchronous_commit: opts.durable ? 'on' : 'off',
    full_page_writes: opts.durable ? 'on' : 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '',
    log_checkpoints: 'off',
  };
  return [
    '-D',
    opts.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

async function isReady(data: string, child: ChildProcess): Promise<boolean> {
  const endsAt = performance.now() + startTimeoutMs;
  while (child.exitCode === null && child.signalCode === null && performance.now() < endsAt) {
    const found = await readPostmasterFile(data);
    if (found?.pid === child.pid && found?.status === 'ready') return true;
    await delay(20);
  }
  return false;
}

function toReason(output: string): FailedLaunch['reason'] {
  if (/could not (bind|create any TCP)/.test(output)) return 'port';
  if (/pre-existing shared memory block/.test(output)) return 'orphans';
  return 'other';
}

function toLaunchError(opts: LaunchOptions, port: number, failed: FailedLaunch): EmbeddedPostgresError {
  const told = failed.lastLines.join('\n  ');
  if (failed.reason === 'port') {
    return new EmbeddedPostgresError(
      `Port ${port} on 127.0.0.1 is in use: stop what uses it, or choose another port for PostgreSQL.`,
    );
  }
  return new EmbeddedPostgresError(
    `PostgreSQL did not start on ${opts.data}. It said:\n  ${told || 'nothing'}`,
  );
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
