import { setTimeout as delay } from 'node:timers/promises';
import { topics } from '@parapet/event-model';
import type { KafkaClient, PartitionLag } from '@parapet/kafka';
import { CommandError } from '../command-error.ts';

/** A consumer that must have read everything: who, and which topic. */
interface Reader {
  readonly group: string;
  readonly topic: string;
  readonly what: string;
}

/** In the order in which a record's effects travel: when one has nothing left to read, the next cannot get more from it. */
const readers: readonly Reader[] = [
  { group: 'parapet-processor', topic: topics.rawEvents.name, what: 'raw events' },
  { group: 'parapet-threats', topic: topics.findings.name, what: 'findings' },
  { group: 'parapet-assets', topic: topics.observations.name, what: 'observations' },
  { group: 'parapet-events-dlq', topic: topics.deadLetters.name, what: 'dead letters' },
];

export interface SettleOptions {
  readonly kafka: Pick<KafkaClient, 'groupLag'>;
  /** Milliseconds without any progress after which it is given up. */
  readonly stalledMs: number;
  readonly signal: AbortSignal;
  onWaiting(what: string, records: number): void;
}

/** Waits until every consumer has processed what is in the topics now. */
export async function settle({ kafka, stalledMs, signal, onWaiting }: SettleOptions): Promise<void> {
  for (const reader of readers) {
    let smallest = Number.POSITIVE_INFINITY;
    let progressAt = performance.now();
    for (;;) {
      const lag = totalLag(await kafka.groupLag(reader.group, [reader.topic]));
      if (lag === 0) break;
      if (lag < smallest) {
        smallest = lag;
        progressAt = performance.now();
      }
      if (performance.now() - progressAt > stalledMs) {
        throw new CommandError(
          `${lag} records of ${reader.topic} wait to be processed and nothing has moved for ${stalledMs / 1000} s ` +
            `(consumer group ${reader.group}). The logs of the processes tell why.`,
        );
      }
      onWaiting(reader.what, lag);
      await delay(100, undefined, { signal });
    }
  }
}

/** What a group has left to read; everything, where it has never committed. */
function totalLag(partitions: readonly PartitionLag[]): number {
  return partitions.reduce((sum, { committed, end, lag }) => sum + (committed === null ? end : lag), 0);
}
