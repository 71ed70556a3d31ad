/** The entry of a worker's thread: a {@link DetectorWorker} that the main thread calls. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger, createMetrics } from '@parapet/service';
import type { RuleSource } from './create-analyser.ts';
import { startDetectorWorker } from './detector-worker.ts';
import { gaugeThread } from './gauge-thread.ts';
import { answerThreadCalls } from './thread-calls.ts';
import type { FromWorker, ThreadData } from './worker-handle.ts';

const port = parentPort;
if (!port) throw new Error('worker-thread.ts runs as a worker thread only.');
const { settings, service, logLevel } = workerData as ThreadData;
const tell = (message: FromWorker) => port.postMessage(message);

// One thread writes the log, so that no two lines run into each other.
const lines = { write: (line: string) => tell({ kind: 'log', line }) };
const log = createLogger({ service, level: logLevel, stream: lines }).child({ worker: settings.number });
const metrics = createMetrics(service, { part: 'thread' });
gaugeThread(metrics, settings.number);

const starting = startDetectorWorker({
  settings,
  log,
  metrics,
  onFail: (error) => tell({ kind: 'fail', error }),
});
// Told to whoever calls.
starting.catch(() => undefined);

answerThreadCalls(port, {
  prepare: async (source: RuleSource) => (await starting).prepare(source),
  swap: async () => (await starting).swap(),
  discard: async () => (await starting).discard(),
  join: async () => (await starting).join(),
  places: async () => (await starting).places(),
  ping: async () => (await starting).ping(),
  metrics: () => metrics.snapshot(),
  drain: async (_: undefined, deadline: AbortSignal) => (await starting).drain(deadline),
  close: async () => (await starting.catch(() => undefined))?.close(),
});
