import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { type Binaries, useAnother } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** How PostgreSQL's programs are run: who they are, and the command that makes them so. */
export interface Account {
  /** Owner that the data needs; undefined = the user who runs us. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Turns a program and its arguments into what to spawn. */
  command(program: string, args: readonly string[]): SpawnPlan;
}

export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly uid?: number; readonly gid?: number };
}

/** The least first: containers often lack it, and have the second. */
const capabilities = ['dac_read_search', 'dac_override'] as const;
type Capability = (typeof capabilities)[number];

/** The environment of PostgreSQL's programs: nothing of ours, so that variables such as PGDATA or PGPORT change nothing. */
export const cleanEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Decides who runs PostgreSQL, which refuses to be root. An ordinary user runs it as himself. Root runs it as the owner of
 * the data, else as the user `postgres`, else as `nobody`; where that user cannot reach the programs or the folder (a home
 * that only root may enter), it is given one capability, which looks past the permissions of folders.
 * @throws {EmbeddedPostgresError} when neither works.
 */
export async function chooseAccount(folder: string, data: string, binaries: Binaries): Promise<Account> {
  if (process.getuid?.() !== 0) {
    await refuseForeignData(data);
    return { owner: undefined, command: (file, args) => ({ file, args, options: {} }) };
  }
  const owner = (await ownerOf(data)) ?? (await findUnprivilegedUser());
  const accounts = [asUser(owner), ...capabilities.map((capability) => asUserWith(capability, owner))];
  const reasons: string[] = [];
  for (const account of accounts) {
    const problem = probe(account, folder, binaries);
    if (problem === undefined) return account;
    reasons.push(problem);
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and user ${owner.uid} cannot run ${binaries.postgres} on ${folder}: ` +
      `${[...new Set(reasons)].join('; ')}. Run as an ordinary user, put the project and its data where that user may enter, ` +
      `or install setpriv (util-linux). Otherwise: ${useAnother}`,
  );
}

function asUser(owner: { uid: number; gid: number }): Account {
  return { owner, command: (file, args) => ({ file, args, options: owner }) };
}

function asUserWith(capability: Capability, owner: { uid: number; gid: number }): Account {
  const become = [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
    // Without it access(2), by which PostgreSQL looks for its own program, leaves the capability out of account.
    '--securebits=+no_setuid_fixup',
    '--',
  ];
  return {
    owner,
    command: (file, args) => ({ file: 'setpriv', args: [...become, file, ...args], options: {} }),
  };
}

/** Undefined when the account can enter the folder and run PostgreSQL; else what went wrong. */
function probe(account: Account, folder: string, binaries: Binaries): string | undefined {
  const script = 'cd "$1" && exec "$2" --version';
  const { file, args, options } = account.command('/bin/sh', ['-c', script, 'sh', folder, binaries.postgres]);
  const result = spawnSync(file, args, {
    ...options,
    env: cleanEnvironment,
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (result.status === 0) return undefined;
  return (result.error?.message ?? result.stderr.trim()) || `it ended with code ${result.status}`;
}

/** The owner of data that is already there, unless that is root. */
async function ownerOf(data: string): Promise<{ uid: number; gid: number } | undefined> {
  const found = await statIfAny(data);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
}

async function findUnprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ['postgres', 'nobody']) {
    const fields = passwd.match(new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm'));
    if (fields) return { uid: Number(fields[1]), gid: Number(fields[2]) };
  }
  return { uid: 65_534, gid: 65_534 };
}

async function refuseForeignData(data: string): Promise<void> {
  const found = await statIfAny(data);
  if (!found || found.uid === process.getuid?.()) return;
  throw new EmbeddedPostgresError(
    `${data} belongs to user ${found.uid}, and this is user ${process.getuid?.()}: it was made by a run as another user. ` +
      `Run as that user, remove the folder, or choose another one. Otherwise: ${useAnother}`,
  );
}

async function statIfAny(file: string) {
  return stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new EmbeddedPostgresError(`${file} cannot be read: ${error.message}`, error);
  });
}
