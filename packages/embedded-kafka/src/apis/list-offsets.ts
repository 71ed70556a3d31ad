import type { Api, BrokerState } from '../api.ts';
import type { PartitionLog } from '../log/partition-log.ts';
import { KafkaError } from '../protocol/error-codes.ts';
import { checkLeaderEpoch, leaderEpoch } from './leader-epoch.ts';

const latest = -1;
const earliest = -2;

export function listOffsetsApi({ topics, reportFault }: BrokerState): Api {
  async function find(log: PartitionLog, timestamp: number): Promise<{ offset: number; timestamp: number }> {
    if (timestamp === latest) return { offset: log.endOffset, timestamp: -1 };
    if (timestamp === earliest) return { offset: log.startOffset, timestamp: -1 };
    return (await log.findByTime(timestamp)) ?? { offset: -1, timestamp: -1 };
  }

  async function answer(name: string, wanted: { partition: number; epoch: number; timestamp: number }) {
    try {
      const { log } = topics.partition(name, wanted.partition);
      checkLeaderEpoch(wanted.epoch);
      return { partition: wanted.partition, error: 0, ...(await find(log, wanted.timestamp)) };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      if (error.name === 'KAFKA_STORAGE_ERROR') reportFault(error);
      return { partition: wanted.partition, error: error.code, offset: -1, timestamp: -1 };
    }
  }

  return {
    key: 2,
    name: 'ListOffsets',
    minVersion: 1,
    maxVersion: 5,
    async handle(reader, writer, { version }) {
      reader.int32(); // replica id
      if (version >= 2) reader.int8(); // isolation level
      const wanted = reader.array(() => ({
        name: reader.string(),
        partitions: reader.array(() => ({
          partition: reader.int32(),
          epoch: version >= 4 ? reader.int32() : -1,
          timestamp: reader.long(),
        })),
      }));
      const results: { name: string; partitions: Awaited<ReturnType<typeof answer>>[] }[] = [];
      for (const { name, partitions } of wanted) {
        const answers = [];
        for (const partition of partitions) answers.push(await answer(name, partition));
        results.push({ name, partitions: answers });
      }
      if (version >= 2) writer.int32(0);
      writer.array(results, ({ name, partitions }) => {
        writer.string(name).array(partitions, (result) => {
          writer.int32(result.partition).int16(result.error).int64(result.timestamp).int64(result.offset);
          if (version >= 4) writer.int32(result.offset < 0 ? -1 : leaderEpoch);
        });
      });
      return undefined;
    },
  };
}
