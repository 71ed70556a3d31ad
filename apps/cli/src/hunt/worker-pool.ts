import { Worker } from 'node:worker_threads';
import { CommandError, messageOf } from '../command-error.ts';
import type { HuntReady, HuntReply, HuntRequest, HuntResult, HuntSetup, HuntTask } from './hunt-messages.ts';

/** Threads that each have a decoder and the rules. */
export interface WorkerPool {
  /** What became of the rules, when the first worker has compiled them. */
  readonly ready: Promise<HuntReady>;
  /** Waits for a place, then hands the task's memory to the worker that has the least to do. */
  run(task: HuntTask): Promise<{ readonly result: Promise<HuntResult> }>;
  /** Ends the threads at once; what they were asked is not answered any more. */
  close(): Promise<void>;
}

/** Tasks of a worker: one at work and one that waits, so that it never idles while the next one is read. */
const tasksPerWorker = 2;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<HuntResult>>;
}

export function createWorkerPool(count: number, setup: HuntSetup): WorkerPool {
  const ready = Promise.withResolvers<HuntReady>();
  ready.promise.catch(() => undefined);
  let failure: Error | undefined;
  let closed = false;
  let nextId = 0;
  let wake = Promise.withResolvers<void>();

  const fail = (error: Error): void => {
    if (closed) return;
    failure ??= error;
    ready.reject(failure);
    for (const { waiting } of threads) for (const one of waiting.values()) one.reject(failure);
    wake.resolve();
  };
  const threads = Array.from({ length: count }, (): Thread => {
    const worker = new Worker(new URL('./hunt-worker.ts', import.meta.url), { workerData: setup });
    const waiting: Thread['waiting'] = new Map();
    worker.on('message', (reply: HuntReply) => {
      if (reply.kind === 'ready') ready.resolve(reply.ready);
      else {
        waiting.get(reply.id)?.resolve(reply.result);
        waiting.delete(reply.id);
        wake.resolve();
        wake = Promise.withResolvers();
      }
    });
    worker.on('error', (error) => {
      fail(new CommandError(`A worker stopped: ${messageOf(error)}`, { cause: error }));
    });
    worker.on('exit', () => fail(new CommandError('A worker ended before its work was done.')));
    return { worker, waiting };
  });
  const leastBusy = (): Thread | undefined =>
    threads.reduce((best, one) => (one.waiting.size < best.waiting.size ? one : best));

  return {
    ready: ready.promise,
    async run(task) {
      let thread = leastBusy();
      while (thread === undefined || thread.waiting.size >= tasksPerWorker) {
        if (failure !== undefined) throw failure;
        await wake.promise;
        thread = leastBusy();
      }
      if (failure !== undefined) throw failure;
      const id = nextId++;
      const answer = Promise.withResolvers<HuntResult>();
      answer.promise.catch(() => undefined);
      thread.waiting.set(id, answer);
      const request: HuntRequest = { id, task };
      thread.worker.postMessage(request, [task.bytes.buffer as ArrayBuffer]);
      return { result: answer.promise };
    },
    async close() {
      closed = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
