import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, waitUntilGone } from './process-alive.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start.ts';

let home: string;
let dir: string;
const running: { stop(): Promise<void> }[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'parapet-embedded-'));
  dir = path.join(home, 'postgres');
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

async function start(opts: { port?: number; log?: (line: string) => void } = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dir, ...opts });
  running.push(postgres);
  return postgres;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process of its own that starts PostgreSQL on `dir` and tells its pid. */
async function startInChild(
  options: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; pid: number; url: string }> {
  const module = fileURLToPath(new URL('./start.ts', import.meta.url));
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(module)});
    process.on('SIGTERM', () => process.exit(0));
    const { pid, url } = await startEmbeddedPostgres({ dir: ${JSON.stringify(dir)} });
    console.log(JSON.stringify({ pid, url }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...options,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    return { child, ...(JSON.parse(line) as { pid: number; url: string }) };
  }
  throw new Error(`the child ended: ${errors}`);
}

describe('startEmbeddedPostgres', () => {
  it('serves a database to who knows the password, on loopback alone, and keeps it over a restart', async () => {
    const lines: string[] = [];
    const first = await start({ log: (line) => lines.push(line) });
    await query(first.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    const wrong = new URL(first.url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const [settings] = await query(
      first.url,
      `SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync,
        current_setting('unix_socket_directories') AS sockets, current_setting('data_checksums') AS checksums`,
    );
    expect(settings).toEqual({ listen: '127.0.0.1', fsync: 'on', sockets: '', checksums: 'on' });
    expect((await stat(path.join(dir, 'password'))).mode & 0o777).toBe(0o600);
    expect(lines.join('\n')).not.toContain(new URL(first.url).password);
    await first.stop();
    expect(await first.exited).toBe(0);
    expect(isAlive(first.pid)).toBe(false);

    const second = await start();
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect(await readdir(dir)).toEqual(expect.arrayContaining(['data', 'owner.json', 'password']));
  });

  it('tells when PostgreSQL is killed, and recovers what was committed', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBeNull();
    const second = await start();
    expect(await query(second.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1000 }]);
  });

  it('stops the PostgreSQL of a run that was killed before it starts its own', async () => {
    const { child, pid, url } = await startInChild();
    await query(url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(pid)).toBe(true);
    const lines: string[] = [];
    const next = await start({ log: (line) => lines.push(line) });
    expect(lines[0]).toContain(`process ${pid}) is left from a run that was killed`);
    expect(isAlive(pid)).toBe(false);
    expect(await query(next.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('refuses the folder of a run that lives, and leaves that one alone', async () => {
    const { child, url } = await startInChild();
    await expect(start()).rejects.toThrow(
      `is in use by process ${child.pid}, which runs PostgreSQL there. Stop it first`,
    );
    expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    const own = await startEmbeddedPostgres({ dir: path.join(home, 'other') });
    running.push(own);
    await expect(startEmbeddedPostgres({ dir: path.join(home, 'other') })).rejects.toThrow(
      'is in use by process',
    );
  });

  it('stops PostgreSQL when the process that started it ends without stopping it', async () => {
    const { child, pid } = await startInChild();
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(await waitUntilGone(pid, 20_000)).toBe(true);
  });

  it('makes the data folder anew when an earlier run was killed while making it', async () => {
    await mkdir(path.join(dir, 'initdb-0123456789ab', 'data', 'base'), { recursive: true });
    await writeFile(path.join(dir, 'initdb-0123456789ab', 'password'), 'half');
    await writeFile(path.join(dir, 'password'), 'torn');
    const postgres = await start();
    expect(await query(postgres.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect((await readdir(dir)).filter((name) => name.startsWith('initdb-'))).toEqual([]);
  });

  it('is not misled by a file whose process id was given to another program', async () => {
    const first = await start();
    const file = path.join(dir, 'data', 'postmaster.pid');
    const text = await readFile(file, 'utf8');
    await first.stop();
    await writeFile(file, text.replace(/^\d+/, String(process.ppid)));
    const second = await start();
    expect(await query(second.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    expect(isAlive(process.ppid)).toBe(true);
  });

  it('says which port is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    await expect(start({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
    blocker.close();
    await once(blocker, 'close');
    expect((await start({ port })).port).toBe(port);
  });

  it('refuses data of another version and folders that hold something else', async () => {
    const data = path.join(dir, 'data');
    await mkdir(data, { recursive: true });
    await writeFile(path.join(data, 'PG_VERSION'), '16\n');
    await expect(start()).rejects.toThrow('was made by PostgreSQL 16, and this is PostgreSQL 18');
    await rm(path.join(data, 'PG_VERSION'));
    await writeFile(path.join(data, 'diary.txt'), 'dear');
    await expect(start()).rejects.toThrow("holds files that are not PostgreSQL's");
    expect(await readFile(path.join(data, 'diary.txt'), 'utf8')).toBe('dear');
  });

  it('says what to do where the folder cannot be written', async () => {
    await writeFile(dir, 'a file');
    await expect(start()).rejects.toThrow('Choose one that this user may write');
  });
});

describe.runIf(process.getuid?.() === 0)('startEmbeddedPostgres as root', () => {
  it('runs PostgreSQL as another user, also below a folder that only root may enter', async () => {
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    const postgres = await start();
    const status = await readFile(`/proc/${postgres.pid}/status`, 'utf8');
    const { uid } = await stat(path.join(dir, 'data'));
    expect(uid).not.toBe(0);
    expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}`, 'm'));
    expect((await stat(path.join(dir, 'password'))).uid).toBe(0);
  });

  it('goes on as the owner of data that an ordinary user has made', async ({ skip }) => {
    await chmod(home, 0o755);
    await mkdir(dir);
    await chown(dir, 65_534, 65_534);
    const ordinary = await startInChild({ uid: 65_534, gid: 65_534 }).catch((error: Error) => error);
    // Where the project itself lies in a folder that only root may enter, no other user can run it.
    if (ordinary instanceof Error && /EACCES|ended: $|not find module/i.test(ordinary.message)) return skip();
    if (ordinary instanceof Error) throw ordinary;
    expect((await stat(path.join(dir, 'data'))).uid).toBe(65_534);
    ordinary.child.kill('SIGKILL');
    await once(ordinary.child, 'exit');
    const postgres = await start();
    expect(await waitUntilGone(ordinary.pid, 0)).toBe(true);
    expect((await stat(path.join(dir, 'data'))).uid).toBe(65_534);
    expect(await query(postgres.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });
});
