import type { Lake } from '@parapet/lake';
import type { Logger } from '@parapet/service';
import type { LakePlace } from './lake-writers.ts';
import type { ProcessTelemetry } from './process-telemetry.ts';

const intervalMs = 10_000;

/** Compacts the partitions that the workers write, again and again, one at a time, until stopped. */
export function startCompaction(deps: {
  readonly lake: Pick<Lake, 'compact'>;
  readonly places: () => Promise<readonly LakePlace[]>;
  readonly telemetry: Pick<ProcessTelemetry, 'compacted'>;
  readonly log: Logger;
}): { stop(): Promise<void> } {
  const { lake, places, telemetry, log } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    try {
      const { merged } = await lake.compact({ partitions: await places(), signal: stopping.signal });
      telemetry.compacted(merged);
    } catch (err) {
      if (!stopping.signal.aborted)
        log.warn({ err }, 'The lake could not be compacted; it is tried again later');
    }
    schedule();
  }

  function schedule(): void {
    if (stopping.signal.aborted) return;
    timer = setTimeout(() => {
      running = round();
    }, intervalMs);
  }

  schedule();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
