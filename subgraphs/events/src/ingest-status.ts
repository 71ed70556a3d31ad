import { topics } from '@parapet/event-model';
import type { KafkaClient, PartitionLag } from '@parapet/kafka';
import type { Lake } from '@parapet/lake';
import { UserError } from '@parapet/subgraph';
import type { DeadLetterStore } from './dead-letter-store.ts';
import { askLake } from './event-search.ts';

/** The consumer group that reads raw events. */
const processorGroup = 'parapet-processor';

/** How far the intake is. Each part is asked for only when it is selected. */
export interface IngestStatus {
  partitions(): Promise<readonly PartitionLag[]>;
  lag(): Promise<number>;
  events(): Promise<number>;
  latestEventTime(): Promise<number | null>;
  deadLetters(): Promise<number>;
}

export function createIngestStatus(
  deps: { kafka: Pick<KafkaClient, 'groupLag'>; lake: Lake; deadLetters: Pick<DeadLetterStore, 'count'> },
  signal: AbortSignal,
): IngestStatus {
  const { kafka, lake, deadLetters } = deps;
  let asked: Promise<readonly PartitionLag[]> | undefined;

  function partitions(): Promise<readonly PartitionLag[]> {
    asked ??= kafka.groupLag(processorGroup, [topics.rawEvents.name]).catch((cause: unknown) => {
      throw new UserError('UNAVAILABLE', 'Kafka does not answer: how far the intake is cannot be told now.', {
        cause,
      });
    });
    return asked;
  }

  return {
    partitions,
    lag: async () => (await partitions()).reduce((sum, { lag }) => sum + lag, 0),
    events: () => askLake(lake, (open) => open.count({}, { signal })),
    async latestEventTime() {
      const { rows } = await askLake(lake, (open) => open.search({}, { first: 1, signal }));
      return rows[0]?.time ?? null;
    },
    deadLetters: () => deadLetters.count(),
  };
}
