import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cliEntry = path.join(root, 'apps/cli/src/main.ts');
export const rulesFolder = path.join(root, 'rules');

/** The `parapet` command as a user runs it, to its end. */
export function runParapet(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = startParapet(args, env);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

/** The `parapet` command, running. */
export function startParapet(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cliEntry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
}

export interface Platform {
  readonly graphqlUrl: string;
  readonly kafkaBrokers: string;
  readonly token: string;
  readonly dataDir: string;
  /** Process id of what is called `name` now: a process of ours by the end of its folder, or `postgres`. */
  pidOf(name: PartName): number | undefined;
  /** Everything it has said so far. */
  output(): string;
  /** Waits until it says something. */
  says(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>;
  /** Sends a signal to the command itself and answers its exit code when it has ended. */
  stop(signal?: NodeJS.Signals, times?: number): Promise<number | null>;
}

export type PartName = 'broker' | 'postgres' | 'processor' | 'events' | 'assets' | 'threats' | 'gateway';

const entries: Readonly<Record<PartName, string>> = {
  broker: 'packages/embedded-kafka/src/main.ts',
  postgres: 'bin/postgres',
  processor: 'apps/processor/src/main.ts',
  events: 'subgraphs/events/src/main.ts',
  assets: 'subgraphs/assets/src/main.ts',
  threats: 'subgraphs/threats/src/main.ts',
  gateway: 'apps/gateway/src/main.ts',
};

/** A folder for a platform's data, and its removal. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'parapet-test-'));
  // PostgreSQL runs as another user under root and has to get to its own folder in here.
  const dataDir = path.join(folder, 'data');
  return { folder: dataDir, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** `parapet up` in `dataDir` on free ports. `token` is empty when it made none. */
export async function startPlatform(dataDir: string, args: readonly string[] = []): Promise<Platform> {
  const [port, kafkaPort] = [await freePort(), await freePort()];
  const child = startParapet(
    ['up', '--data-dir', dataDir, '--port', String(port), '--kafka-port', String(kafkaPort), ...args],
    {},
  );
  let output = '';
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      ended = true;
      resolve(code);
    });
  });

  async function says(pattern: RegExp, deadlineMs = 120_000): Promise<RegExpExecArray> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const found = pattern.exec(output);
      if (found) return found;
      if (ended || performance.now() > deadline)
        throw new Error(`parapet up ${ended ? 'ended' : 'went on'} without saying ${pattern}:\n${output}`);
      await delay(20);
    }
  }

  await says(/Ctrl-C stops everything/);
  return {
    graphqlUrl: `http://127.0.0.1:${port}/graphql`,
    kafkaBrokers: `127.0.0.1:${kafkaPort}`,
    token: /Token +(ppt_\S+)/.exec(output)?.[1] ?? '',
    dataDir,
    pidOf: (name) => childPid(child.pid ?? 0, entries[name]),
    output: () => output,
    says,
    async stop(signal = 'SIGINT', times = 1) {
      for (let time = 0; time < times; time += 1) child.kill(signal);
      return exited;
    },
  };
}

function childPid(parent: number, entry: string): number | undefined {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  for (const line of list.split('\n')) {
    const [, pid, ppid, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(ppid) === parent && args?.includes(entry)) return Number(pid);
  }
  return undefined;
}

/** A port that is free now, below the range of outgoing connections so that it stays free while its process is away. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
