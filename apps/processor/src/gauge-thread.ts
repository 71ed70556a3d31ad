import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Metrics } from '@parapet/service';

/** What the default metrics tell of the main thread, for a worker's. */
export function gaugeThread(metrics: Metrics, worker: number): void {
  const labels = { worker: { maxValues: 256 } } as const;
  const heap = metrics.gauge({
    name: 'parapet_worker_heap_bytes',
    help: 'Heap used by a worker thread.',
    labels,
    collect: (): void => heap.set({ worker }, getHeapStatistics().used_heap_size),
  });
  let before = performance.eventLoopUtilization();
  const busy = metrics.gauge({
    name: 'parapet_worker_busy_ratio',
    help: 'Share of the time since the metrics were last read that a worker thread was at work, from 0 to 1.',
    labels,
    collect: (): void => {
      const now = performance.eventLoopUtilization();
      busy.set({ worker }, performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  });
}
