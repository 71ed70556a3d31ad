import { type Api, type BrokerState, nodeId } from '../api.ts';
import { errorCodes, KafkaError } from '../protocol/error-codes.ts';
import type { Reader } from '../protocol/reader.ts';
import type { Topic } from '../topics.ts';
import { leaderEpoch } from './leader-epoch.ts';

interface WantedTopic {
  readonly id: string;
  readonly name: string | null;
}

interface FoundTopic {
  readonly error: number;
  readonly name: string | null;
  readonly id: string;
  readonly topic?: Topic;
}

const noId = '0'.repeat(32);
/** "Not asked for", in the fields of authorized operations: there is no access control. */
const noOperations = -2147483648;

export function metadataApi({ topics, store, autoCreateTopics }: BrokerState): Api {
  async function findByName(name: string, create: boolean): Promise<FoundTopic> {
    if (topics.get(name) === undefined && create) {
      try {
        await topics.create({ name, partitions: -1, replicationFactor: -1, configs: {} });
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        if (error.code !== errorCodes.TOPIC_ALREADY_EXISTS) return { error: error.code, name, id: noId };
      }
    }
    const topic = topics.get(name);
    if (topic === undefined) return { error: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name, id: noId };
    return found(topic);
  }

  function find(wanted: WantedTopic, create: boolean): FoundTopic | Promise<FoundTopic> {
    if (wanted.name !== null) return findByName(wanted.name, create);
    const topic = topics.byId(wanted.id);
    return topic === undefined
      ? { error: errorCodes.UNKNOWN_TOPIC_ID, name: null, id: wanted.id }
      : found(topic);
  }

  function found(topic: Topic): FoundTopic {
    return { error: 0, name: topic.name, id: topic.id, topic };
  }

  return {
    key: 3,
    name: 'Metadata',
    minVersion: 0,
    maxVersion: 12,
    flexibleFrom: 9,
    async handle(reader, writer, { version, address }) {
      const wanted = readWanted(reader, version);
      const mayCreate = version >= 4 ? reader.bool() : true;
      if (version >= 8 && version <= 10) reader.bool();
      if (version >= 8) reader.bool();
      const results: FoundTopic[] = [];
      if (wanted === null) results.push(...topics.all().map(found));
      else for (const topic of wanted) results.push(await find(topic, mayCreate && autoCreateTopics));

      if (version >= 3) writer.int32(0);
      writer.array([address], ({ host, port }) => {
        writer.int32(nodeId).string(host).int32(port);
        if (version >= 1) writer.string(null);
        writer.taggedFields();
      });
      if (version >= 2) writer.string(store.clusterId);
      if (version >= 1) writer.int32(nodeId);
      writer.array(results, (result) => {
        writer.int16(result.error).string(result.name ?? (version >= 12 ? null : ''));
        if (version >= 10) writer.uuid(Buffer.from(result.id, 'hex'));
        if (version >= 1) writer.bool(false);
        writer.array([...(result.topic?.partitions.keys() ?? [])], (partition) => {
          writer.int16(0).int32(partition).int32(nodeId);
          if (version >= 7) writer.int32(leaderEpoch);
          writer.array([nodeId], writer.int32).array([nodeId], writer.int32);
          if (version >= 5) writer.array([], writer.int32);
          writer.taggedFields();
        });
        if (version >= 8) writer.int32(noOperations);
        writer.taggedFields();
      });
      if (version >= 8 && version <= 10) writer.int32(noOperations);
      writer.taggedFields();
      return undefined;
    },
  };
}

/** Null: all topics. */
function readWanted(reader: Reader, version: number): WantedTopic[] | null {
  const wanted = reader.nullableArray(() => {
    const id = version >= 10 ? reader.uuid().toString('hex') : noId;
    const name = version >= 10 ? reader.nullableString() : reader.string();
    reader.taggedFields();
    return { id, name };
  });
  return version === 0 && wanted?.length === 0 ? null : wanted;
}
