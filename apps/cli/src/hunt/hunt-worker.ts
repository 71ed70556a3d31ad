import { parentPort, workerData } from 'node:worker_threads';
import { createHuntEngine } from './hunt-engine.ts';
import type { HuntReply, HuntRequest, HuntSetup } from './hunt-messages.ts';

/** One thread of a hunt: answers every request with what the engine found in it. */
const engine = createHuntEngine(workerData as HuntSetup);

function reply(message: HuntReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}

parentPort?.on('message', ({ id, task }: HuntRequest) => {
  const result = engine.hunt(task);
  reply({ kind: 'result', id, result }, [result.matches.buffer as ArrayBuffer]);
});
reply({ kind: 'ready', ready: engine.ready });
