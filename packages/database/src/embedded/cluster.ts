import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Account, cleanEnvironment } from './account.ts';
import { type Binaries, majorVersion } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** The one role, and the one database, that an embedded PostgreSQL has. */
export const roleName = 'parapet';

const draftPrefix = 'initdb-';

/**
 * Makes the data folder unless it is there, whole: it is made beside its place and moved there when finished, so that a run
 * that was killed on the way leaves only a draft, which the next one removes. The caller owns `folder`.
 */
export async function ensureCluster(opts: {
  folder: string;
  data: string;
  password: string;
  binaries: Binaries;
  account: Account;
  log: (line: string) => void;
}): Promise<void> {
  const { folder, data, password, binaries, account } = opts;
  for (const name of await readdir(folder)) {
    if (name.startsWith(draftPrefix)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
  const version = await readFile(path.join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return refuseOtherVersion(data, version.trim());
  if ((await readdir(data).catch(() => [])).length > 0) {
    throw new EmbeddedPostgresError(
      `${data} holds files that are not PostgreSQL's. Move them, or choose another folder.`,
    );
  }
  opts.log('making a new database folder');
  const draft = path.join(folder, `${draftPrefix}${randomBytes(6).toString('hex')}`);
  const passwordFile = path.join(draft, 'password');
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account.owner) {
    await chown(passwordFile, account.owner.uid, account.owner.gid);
    await chown(draft, account.owner.uid, account.owner.gid);
  }
  await runInitdb(binaries, account, path.join(draft, 'data'), passwordFile);
  await rm(passwordFile);
  await rm(data, { recursive: true, force: true });
  await rename(path.join(draft, 'data'), data);
  await syncFolder(folder);
  await rm(draft, { recursive: true, force: true });
}

/** The password of the embedded PostgreSQL: made once, readable by the user who runs us alone. */
export async function ensurePassword(folder: string): Promise<string> {
  const file = path.join(folder, 'password');
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (/^[\w-]{32,}$/.test(found.trim())) {
    await chmod(file, 0o600);
    return found.trim();
  }
  const password = randomBytes(32).toString('base64url');
  const draft = `${file}.draft`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  await handle.writeFile(`${password}\n`);
  await handle.sync();
  await handle.close();
  await rename(draft, file);
  await syncFolder(folder);
  return password;
}

function refuseOtherVersion(data: string, version: string): void {
  if (version === majorVersion) return;
  throw new EmbeddedPostgresError(
    `${data} was made by PostgreSQL ${version}, and this is PostgreSQL ${majorVersion}. Dump it with the version of Parapet ` +
      'that made it and load the dump here, or start with another folder.',
  );
}

async function runInitdb(
  binaries: Binaries,
  account: Account,
  data: string,
  passwordFile: string,
): Promise<void> {
  const { file, args, options } = account.command(binaries.initdb, [
    `--pgdata=${data}`,
    `--username=${roleName}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  const child = spawn(file, args, {
    ...options,
    cwd: '/',
    env: cleanEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-8000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  const hint = output.includes('shared libraries')
    ? ' The package was installed without its install script: run "npm rebuild".'
    : '';
  throw new EmbeddedPostgresError(
    `PostgreSQL could not make its data folder ${data}: ${output.trim()}${hint}`,
  );
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
