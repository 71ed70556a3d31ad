import { type Api, type BrokerState, nodeId } from '../api.ts';
import { KafkaError } from '../protocol/error-codes.ts';
import type { Reader } from '../protocol/reader.ts';

interface Outcome {
  readonly name: string;
  readonly error: number;
  readonly message: string | null;
}

/** Runs one item of an admin request; a refusal is that item's outcome, not the request's. */
async function attempt(broker: BrokerState, name: string, work: () => Promise<void>): Promise<Outcome> {
  try {
    await work();
    return { name, error: 0, message: null };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    if (error.name === 'KAFKA_STORAGE_ERROR') broker.reportFault(error);
    return { name, error: error.code, message: error.message };
  }
}

export function createTopicsApi(broker: BrokerState): Api {
  return {
    key: 19,
    name: 'CreateTopics',
    minVersion: 2,
    maxVersion: 4,
    async handle(reader, writer) {
      const requests = reader.array(() => readTopicRequest(reader));
      reader.int32(); // timeout: creation does not wait for other brokers
      const validateOnly = reader.bool();
      const outcomes: Outcome[] = [];
      for (const { assignments, ...request } of requests) {
        const outcome = await attempt(broker, request.name, async () => {
          const partitions = assignments.length > 0 ? checkAssignments(assignments) : request.partitions;
          await broker.topics.create({ ...request, partitions }, validateOnly);
        });
        outcomes.push(outcome);
      }
      writer.int32(0).array(outcomes, ({ name, error, message }) => {
        writer.string(name).int16(error).string(message);
      });
      return undefined;
    },
  };
}

function readTopicRequest(reader: Reader) {
  return {
    name: reader.string(),
    partitions: reader.int32(),
    replicationFactor: reader.int16(),
    assignments: reader.array(() => ({
      partition: reader.int32(),
      brokers: reader.array(() => reader.int32()),
    })),
    configs: Object.fromEntries(reader.array(() => [reader.string(), reader.nullableString()] as const)),
  };
}

/** Partitions 0 to n-1, each on this broker. @returns n */
function checkAssignments(assignments: readonly { partition: number; brokers: readonly number[] }[]): number {
  const partitions = new Set(assignments.map(({ partition }) => partition));
  const complete = assignments.every(
    ({ brokers }, index) => partitions.has(index) && brokers.length === 1 && brokers[0] === nodeId,
  );
  if (!complete || partitions.size !== assignments.length) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Each partition from 0 on must be on broker ${nodeId} alone.`,
    );
  }
  return partitions.size;
}

export function deleteTopicsApi(broker: BrokerState): Api {
  return {
    key: 20,
    name: 'DeleteTopics',
    minVersion: 1,
    maxVersion: 3,
    async handle(reader, writer) {
      const names = reader.array(() => reader.string());
      const outcomes: Outcome[] = [];
      for (const name of names) outcomes.push(await attempt(broker, name, () => broker.topics.delete(name)));
      writer.int32(0).array(outcomes, ({ name, error }) => {
        writer.string(name).int16(error);
      });
      return undefined;
    },
  };
}

export function createPartitionsApi(broker: BrokerState): Api {
  return {
    key: 37,
    name: 'CreatePartitions',
    minVersion: 0,
    maxVersion: 1,
    async handle(reader, writer) {
      const requests = reader.array(() => {
        const name = reader.string();
        const total = reader.int32();
        reader.nullableArray(() => reader.array(() => reader.int32())); // placement: there is one broker
        return { name, total };
      });
      reader.int32(); // timeout
      const validateOnly = reader.bool();
      const outcomes: Outcome[] = [];
      for (const { name, total } of requests) {
        outcomes.push(
          await attempt(broker, name, () => broker.topics.addPartitions(name, total, validateOnly)),
        );
      }
      writer.int32(0).array(outcomes, ({ name, error, message }) => {
        writer.string(name).int16(error).string(message);
      });
      return undefined;
    },
  };
}
