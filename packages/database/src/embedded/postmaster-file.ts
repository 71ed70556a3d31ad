import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { isAlive, waitUntilGone } from './process-alive.ts';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** `ready` once it takes connections. */
  readonly status: string;
}

/** What a running PostgreSQL says of itself in its data folder. */
export async function readPostmasterFile(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

/**
 * Ends a PostgreSQL that outlived the process that started it, in order where it can. The caller owns the folder, so no
 * living process of ours uses it. A file left by one that is dead is removed.
 */
export async function stopOrphan(data: string, log: (line: string) => void): Promise<void> {
  const postmaster = await readPostmasterFile(data);
  if (!postmaster) return;
  const { pid } = postmaster;
  if (isAlive(pid) && (await isPostgresOn(pid, data))) {
    log(`PostgreSQL (process ${pid}) is left from a run that was killed: stopping it first`);
    await stopPostmaster(pid);
  }
  // A pid that another program has been given since would make PostgreSQL refuse to start.
  await rm(path.join(data, 'postmaster.pid'), { force: true });
}

/** Fast shutdown, then ever harder; each step is safe for the data. */
export async function stopPostmaster(pid: number): Promise<void> {
  const steps: readonly (readonly [NodeJS.Signals, number])[] = [
    ['SIGINT', 30_000],
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ];
  for (const [signal, patience] of steps) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw new EmbeddedPostgresError(
        `PostgreSQL (process ${pid}) cannot be stopped by this user: stop it by hand.`,
        error,
      );
    }
    if (await waitUntilGone(pid, patience)) return;
  }
  throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) does not end: stop it by hand.`);
}

/** Whether the process is a PostgreSQL that works in this data folder: a pid alone may belong to any program. */
async function isPostgresOn(pid: number, data: string): Promise<boolean> {
  const folder = await realpath(data);
  if (process.platform === 'linux') {
    const [cwd, name] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => undefined),
      readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
    ]);
    return cwd === folder && name.trim() === 'postgres';
  }
  const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => ({
    stdout: '',
  }));
  return stdout.includes('postgres') && (stdout.includes(folder) || stdout.includes(data));
}
