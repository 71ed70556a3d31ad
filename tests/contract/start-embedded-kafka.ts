import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrokerOptions } from '@parapet/embedded-kafka';
import type { KafkaUnderTest } from './kafka-contract.ts';

export interface EmbeddedKafka extends KafkaUnderTest {
  readonly dir: string;
  /** Kill -9, without a start after it. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Bytes of all segment files. */
  bytesOnDisk(): Promise<number>;
}

/** Runs the broker as a process of its own, so that it can be killed. In `dir` if that is given, which then stays. */
export async function startEmbeddedKafkaProcess(
  options: Omit<BrokerOptions, 'dir' | 'log'> & { readonly dir?: string } = {},
): Promise<EmbeddedKafka> {
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), 'parapet-broker-')));
  let { child, port } = await spawnBroker({ ...options, dir });
  const restart = async () => {
    ({ child } = await spawnBroker({ ...options, dir, port }));
  };
  return {
    dir,
    address: `127.0.0.1:${port}`,
    kill: () => kill(child),
    restart,
    async crashAndRestart() {
      await kill(child);
      await restart();
    },
    async stop() {
      await kill(child);
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
    async bytesOnDisk() {
      const files = await readdir(dir, { recursive: true });
      const logs = files.filter((file) => file.endsWith('.log'));
      const sizes = await Promise.all(logs.map(async (file) => (await stat(path.join(dir, file))).size));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function spawnBroker(options: BrokerOptions): Promise<{ child: ChildProcess; port: number }> {
  const main = new URL('./embedded-kafka-process.ts', import.meta.url);
  const child = spawn(process.execPath, [main.pathname, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('exit', (code) =>
      reject(new Error(`the broker process ended with ${code} before it was ready`)),
    );
  });
  return { child, port: ready.port };
}
