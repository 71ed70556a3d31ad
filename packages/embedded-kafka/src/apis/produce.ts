import type { Api, BrokerState } from '../api.ts';
import { errorCodes, KafkaError } from '../protocol/error-codes.ts';
import { parseProducedBatch } from '../protocol/record-batch.ts';

interface PartitionResult {
  readonly partition: number;
  readonly error: number;
  readonly baseOffset: number;
  readonly startOffset: number;
  readonly message: string | null;
}

/** An answer means written: with acks 1 and -1 alike, since there are no followers. */
export function produceApi({ topics, reportFault }: BrokerState): Api {
  async function append(name: string, partition: number, records: Buffer | null): Promise<PartitionResult> {
    try {
      const { topic, log } = topics.partition(name, partition);
      const batch = records ?? Buffer.alloc(0);
      const header = parseProducedBatch(batch, topic.maxMessageBytes);
      const { baseOffset } = await log.append(batch, header);
      return { partition, error: 0, baseOffset, startOffset: log.startOffset, message: null };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      if (error.code === errorCodes.KAFKA_STORAGE_ERROR) reportFault(error);
      return { partition, error: error.code, baseOffset: -1, startOffset: -1, message: error.message };
    }
  }

  return {
    key: 0,
    name: 'Produce',
    minVersion: 0,
    maxVersion: 8,
    async handle(reader, writer, { version }) {
      const transactionalId = version >= 3 ? reader.nullableString() : null;
      const acks = reader.int16();
      reader.int32(); // timeout: an append does not wait for other brokers
      const requested = reader.array(() => ({
        name: reader.string(),
        partitions: reader.array(() => ({ partition: reader.int32(), records: reader.nullableBytes() })),
      }));
      const refusal = refuse(acks, transactionalId);
      const results = await Promise.all(
        requested.map(async ({ name, partitions }) => ({
          name,
          partitions: await Promise.all(
            partitions.map(
              ({ partition, records }) => refusal?.(partition) ?? append(name, partition, records),
            ),
          ),
        })),
      );
      if (acks === 0) {
        const failed = results.some((topic) => topic.partitions.some((partition) => partition.error !== 0));
        return failed ? 'close' : 'none';
      }
      writer.array(results, ({ name, partitions }) => {
        writer.string(name).array(partitions, (result) => {
          writer.int32(result.partition).int16(result.error).int64(result.baseOffset);
          if (version >= 2) writer.int64(-1); // log append time: records keep the producer's
          if (version >= 5) writer.int64(result.startOffset);
          if (version >= 8) writer.array([], () => {}).string(result.message);
        });
      });
      if (version >= 1) writer.int32(0);
      return undefined;
    },
  };
}

function refuse(
  acks: number,
  transactionalId: string | null,
): ((partition: number) => PartitionResult) | undefined {
  const because = (error: number, message: string) => (partition: number) => ({
    partition,
    error,
    baseOffset: -1,
    startOffset: -1,
    message,
  });
  if (acks < -1 || acks > 1)
    return because(errorCodes.INVALID_REQUIRED_ACKS, `acks is -1, 0 or 1, not ${acks}.`);
  if (transactionalId !== null) {
    return because(errorCodes.INVALID_REQUEST, 'Transactions are not supported by this broker.');
  }
  return undefined;
}
