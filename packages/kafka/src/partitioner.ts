import { type Message, type PartitionerArgs, Partitioners } from 'kafkajs';

export interface MessagePartitioner {
  /** For kafkajs' `createPartitioner`. */
  create(): (args: PartitionerArgs) => number;
  /** Where a message that was sent went. */
  partitionOf(message: Message): number;
}

/**
 * Chooses partitions as the Java client does: by murmur2 of the key; messages without one go round in runs, so that a
 * send makes few batches. A message keeps its partition when kafkajs asks again for a retry: another partition would
 * put other messages under a sequence number that the broker has seen, and the broker would drop them as duplicates.
 */
export function createPartitioner(runLength = 500): MessagePartitioner {
  const byKey = Partitioners.DefaultPartitioner();
  const chosen = new WeakMap<Message, number>();
  // Producers that send little each would otherwise all fill the first partition.
  let sent = Math.floor(Math.random() * 1_000) * runLength;

  function choose({ message, partitionMetadata, topic }: PartitionerArgs): number {
    if (message.partition !== undefined && message.partition !== null) return message.partition;
    if (message.key !== null && message.key !== undefined)
      return byKey({ topic, partitionMetadata, message });
    const available = partitionMetadata.filter(({ leader }) => leader >= 0);
    const usable = available.length > 0 ? available : partitionMetadata;
    const turn = Math.floor(sent++ / runLength);
    return usable[turn % usable.length]?.partitionId ?? 0;
  }

  return {
    create: () => (args) => {
      const before = chosen.get(args.message);
      if (before !== undefined) return before;
      const partition = choose(args);
      chosen.set(args.message, partition);
      return partition;
    },
    partitionOf: (message) => chosen.get(message) ?? 0,
  };
}
