import { createHash } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { beganAt, isAlive } from './process-alive.ts';

interface Owner {
  readonly pid: number;
  /** When the process began, in the kernel's own count: a pid that was given to another process differs in it. */
  readonly began: string;
  readonly token: string;
}

/**
 * Makes this process the only one that runs PostgreSQL in `folder`; resolves with the release. A lock whose process is gone
 * (killed, or the machine went down) is taken over.
 * @throws {EmbeddedPostgresError} while another process has it.
 */
export async function takeOwnership(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'owner.json');
  const self: Owner = { pid: process.pid, began: beganAt(process.pid), token: crypto.randomUUID() };
  const text = JSON.stringify(self);
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await createWhole(file, text)) return () => release(file, text);
    const found = await readIfAny(file);
    if (found === undefined) continue;
    const owner = parseOwner(found);
    if (owner && isAlive(owner.pid) && beganAt(owner.pid) === owner.began) throw toOwnedError(folder, owner);
    await removeStale(file, found, text);
  }
  throw new EmbeddedPostgresError(
    `Several processes are starting on ${folder} at once: start one of them again.`,
  );
}

/** The file appears with its whole content or not at all. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${crypto.randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.close();
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Removes a lock whose process is gone. Whoever does so holds a lock on that: named after the stale content, so that nobody who read
 * it long ago can remove what another process has put in its place meanwhile.
 */
async function removeStale(file: string, stale: string, text: string): Promise<void> {
  const right = `${file}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
  if (!(await createWhole(right, text))) {
    const holder = await readIfAny(right);
    if (holder === undefined) return;
    const owner = parseOwner(holder);
    if (!owner || !isAlive(owner.pid) || beganAt(owner.pid) !== owner.began)
      await removeStale(right, holder, text);
    else await sleep(waitMs);
    return;
  }
  try {
    if ((await readIfAny(file)) === stale) await rm(file, { force: true });
  } finally {
    await release(right, text);
  }
}

/** Another process is about to take over a stale lock, which takes it a few writes. */
const waitMs = 5;

async function release(file: string, text: string): Promise<void> {
  if ((await readIfAny(file)) === text) await rm(file, { force: true });
}

function toOwnedError(folder: string, owner: Owner): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${folder} is in use by process ${owner.pid}, which runs PostgreSQL there. Stop it first, or choose another folder.`,
  );
}

async function readIfAny(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, began, token } = JSON.parse(text) as Partial<Owner>;
    return Number.isInteger(pid) && typeof began === 'string'
      ? { pid: Number(pid), began, token: String(token) }
      : undefined;
  } catch {
    return undefined;
  }
}
