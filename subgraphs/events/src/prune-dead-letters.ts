import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@parapet/event-model';
import type { Logger } from '@parapet/service';
import type { DeadLetterStore } from './dead-letter-store.ts';

const everyMs = 10 * 60_000;

/** Forgets dead letters when their topic does, until `signal` aborts. A failure is tried again at the next round. */
export async function pruneDeadLetters(
  store: Pick<DeadLetterStore, 'prune'>,
  opts: { now: () => number; signal: AbortSignal; log: Logger },
): Promise<void> {
  while (!opts.signal.aborted) {
    try {
      while ((await store.prune(new Date(opts.now() - topics.deadLetters.retentionMs))) > 0) {
        if (opts.signal.aborted) return;
      }
    } catch (error) {
      opts.log.warn({ err: error }, 'old dead letters could not be deleted');
    }
    await sleep(everyMs, undefined, { signal: opts.signal, ref: false }).catch(() => undefined);
  }
}
