import type { Lake } from '@parapet/lake';
import type { Logger } from '@parapet/service';
import type { LakeWriters } from './lake-writers.ts';
import type { Telemetry } from './telemetry.ts';

const intervalMs = 10_000;

/** Compacts the partitions this process writes, again and again, one at a time, until stopped. */
export function startCompaction(deps: {
  readonly lake: Pick<Lake, 'compact'>;
  readonly writers: Pick<LakeWriters, 'open'>;
  readonly telemetry: Telemetry;
  readonly log: Logger;
}): { stop(): Promise<void> } {
  const { lake, writers, telemetry, log } = deps;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    try {
      const { merged } = await lake.compact({ partitions: writers.open(), signal: stopping.signal });
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
