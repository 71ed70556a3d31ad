import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaUnderTest } from './kafka-contract.ts';

/** Runs the broker as a process of its own, so that it can be killed. */
export async function startEmbeddedKafkaProcess(): Promise<KafkaUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-broker-'));
  let { child, port } = await spawnBroker(dir, 0);
  return {
    address: `127.0.0.1:${port}`,
    async crashAndRestart() {
      await kill(child);
      ({ child } = await spawnBroker(dir, port));
    },
    async stop() {
      await kill(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function spawnBroker(dir: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const main = new URL('./embedded-kafka-process.ts', import.meta.url);
  const child = spawn(process.execPath, [main.pathname, dir, String(port)], {
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
