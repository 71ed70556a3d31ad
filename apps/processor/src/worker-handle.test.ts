import { defaultRiskWeights } from '@parapet/detection';
import { createLogger, createMetrics } from '@parapet/service';
import { describe, expect, it } from 'vitest';
import { startWorkerThread } from './worker-handle.ts';

/** A worker's thread that runs this program instead. */
function start(program: string) {
  const lines: string[] = [];
  const log = createLogger({ service: 'test', stream: { write: (line) => lines.push(line) } });
  const failed = Promise.withResolvers<Error>();
  let failures = 0;
  const worker = startWorkerThread({
    settings: {
      number: 3,
      kafka: { brokers: ['127.0.0.1:1'], ssl: false },
      lakeDir: '/none',
      topics: [],
      analyser: { limits: {}, sourceByTopic: {}, riskWeights: defaultRiskWeights },
    },
    log,
    metrics: createMetrics('test'),
    heapMb: 64,
    onFail: (error) => {
      failures++;
      failed.resolve(error);
    },
    entry: new URL(
      `data:text/javascript,${encodeURIComponent(`import { parentPort as port } from 'node:worker_threads';${program}`)}`,
    ),
  });
  return { worker, lines, failed: failed.promise, failures: () => failures };
}

const never = new AbortController().signal;

describe('the thread of a worker', () => {
  it('that ends by a fault fails the process once, with its number, and holds nobody up', async () => {
    const { worker, failed, failures } = start(`port.on('message', () => { throw new Error('a fault') });`);
    await expect(worker.ping()).rejects.toThrow('Worker 3 ended by a fault: a fault');
    expect((await failed).message).toBe('Worker 3 ended by a fault: a fault');
    await worker.drain(never);
    await worker.close();
    expect(failures()).toBe(1);
  });

  it('that ends without being asked to fails the process, whatever its exit code', async () => {
    const { worker, failed } = start(`process.exit(0);`);
    expect((await failed).message).toBe('Worker 3 ended with code 0.');
    await expect(worker.ping()).rejects.toThrow('ended with code 0');
    await worker.close();
  });

  it('ends when it is closed, without a failure, after its last words', async () => {
    const { worker, lines, failures } = start(
      `port.on('message', ({ id }) => {
        port.postMessage({ kind: 'log', line: '{"last":"words"}\\n' });
        port.postMessage({ kind: 'result', id, value: undefined });
      });`,
    );
    await worker.close();
    expect(lines).toEqual(['{"last":"words"}\n']);
    expect(failures()).toBe(0);
  });
});
