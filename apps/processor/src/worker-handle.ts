import { Worker } from 'node:worker_threads';
import { type Logger, type MetricsSnapshot, writeLogLine } from '@parapet/service';
import type { DetectorWorker, DetectorWorkerDeps, WorkerSettings } from './detector-worker.ts';
import { createThreadCaller } from './thread-calls.ts';

/** What a worker's thread is started with. */
export interface ThreadData {
  readonly settings: WorkerSettings;
  readonly service: string;
  readonly logLevel: string;
}

/** What a worker's thread says without being asked. */
export type FromWorker =
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'fail'; readonly error: Error };

export interface ThreadOptions extends DetectorWorkerDeps {
  /** MiB of heap, beyond which the thread ends (and with it the process). */
  readonly heapMb: number;
  /** The program of the thread. @default worker-thread.ts */
  readonly entry?: URL;
}

/**
 * A {@link DetectorWorker} in a thread of its own. Its log lines and metrics come out of `log` and `metrics`. When the
 * thread ends without being asked to, by a fault or for want of memory, `onFail` is told once.
 */
export function startWorkerThread(options: ThreadOptions): DetectorWorker {
  const { settings, log, metrics, onFail, heapMb } = options;
  const data: ThreadData = { settings, service: serviceOf(log), logLevel: log.level };
  const thread = new Worker(options.entry ?? new URL('./worker-thread.ts', import.meta.url), {
    workerData: data,
    name: `worker ${settings.number}`,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  const caller = createThreadCaller(thread);
  let state: 'running' | 'dead' | 'closing' = 'running';

  function die(error: Error): void {
    caller.fail(error);
    if (state !== 'running') return;
    state = 'dead';
    onFail(error);
  }

  thread.on('message', (message: FromWorker) => {
    if (message.kind === 'log') writeLogLine(log, message.line);
    else if (message.kind === 'fail') onFail(message.error);
  });
  thread.on('error', (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    die(new Error(`Worker ${settings.number} ended by a fault: ${reason}`, { cause }));
  });
  thread.on('exit', (code) => die(new Error(`Worker ${settings.number} ended with code ${code}.`)));
  metrics.include(() => caller.call<MetricsSnapshot>('metrics'));

  return {
    prepare: (source) => caller.call('prepare', source),
    swap: () => caller.call('swap'),
    discard: () => caller.call('discard'),
    join: () => caller.call('join'),
    places: () => caller.call('places'),
    ping: () => caller.call('ping'),
    // What a dead worker had is not committed and comes again.
    drain: async (deadline) => (state === 'dead' ? undefined : caller.call('drain', undefined, deadline)),
    async close() {
      const wasDead = state === 'dead';
      state = 'closing';
      try {
        if (!wasDead) await caller.call('close');
      } finally {
        await thread.terminate();
      }
    },
  };
}

const serviceOf = (log: Logger): string => String(log.bindings()['service'] ?? 'processor');
