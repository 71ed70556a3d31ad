import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../command-error.ts';

interface Holder {
  readonly pid: number;
  /** When the process began in the kernel's count; empty where it does not tell. Tells a process from a later one with its pid. */
  readonly began: string;
  readonly since: string;
}

/** Held for as long as the process that took it lives. */
export interface DataDirLock {
  release(): void;
}

/**
 * Makes this process the only one that runs a platform in `dir`. The lock of a process that is gone is taken over.
 * @throws {CommandError} that names the process which has it.
 */
export function lockDataDir(dir: string): DataDirLock {
  const file = path.join(dir, 'supervisor.lock');
  const text = JSON.stringify({
    pid: process.pid,
    began: beganAt(process.pid),
    since: new Date().toISOString(),
  } satisfies Holder);
  for (let attempt = 0; attempt < 10; attempt++) {
    if (createWhole(file, text))
      return { release: () => readOr(file) === text && rmSync(file, { force: true }) };
    const found = readOr(file);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder && isRunning(holder)) {
      throw new CommandError(
        `${dir} is in use: process ${holder.pid} has run Parapet there since ${holder.since}. ` +
          'Stop that one first, or choose another folder with --data-dir.',
      );
    }
    setAside(file, found);
  }
  throw new CommandError(`Several processes are starting in ${dir} at once: start one of them again.`);
}

/** The process that runs a platform in `dir` now. */
export function dataDirHolder(dir: string): number | undefined {
  const holder = parseHolder(readOr(path.join(dir, 'supervisor.lock')) ?? '');
  return holder && isRunning(holder) ? holder.pid : undefined;
}

/** The file appears with its whole content or not at all; false when it is there already. */
function createWhole(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}.${crypto.randomUUID()}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes a stale lock out of the way. If another process took it over in between, its lock is put back. */
function setAside(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.${crypto.randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, began, since } = JSON.parse(text) as Partial<Holder>;
    if (!Number.isInteger(pid)) return undefined;
    return { pid: Number(pid), began: String(began ?? ''), since: String(since ?? 'an unknown time') };
  } catch {
    return undefined;
  }
}

function isRunning(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return beganAt(holder.pid) === holder.began;
}

function beganAt(pid: number): string {
  try {
    // Field 22; the name in field 2 may hold spaces and parentheses, so count from behind it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
