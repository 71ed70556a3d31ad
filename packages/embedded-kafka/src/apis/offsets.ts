import type { Api, BrokerState } from '../api.ts';
import { type ErrorName, errorCodes, KafkaError } from '../protocol/error-codes.ts';

const maxMetadataLength = 4096;

/** Offsets are kept under the topic's id, so those of a deleted topic never apply to one created again with its name. */
export function offsetCommitApi({ topics, groups, store, now, reportFault }: BrokerState): Api {
  return {
    key: 8,
    name: 'OffsetCommit',
    minVersion: 1,
    maxVersion: 7,
    handle(reader, writer, { version }) {
      const groupId = reader.string();
      const generation = reader.int32();
      const memberId = reader.string();
      const instanceId = version >= 7 ? reader.nullableString() : null;
      if (version >= 2 && version <= 4) reader.int64(); // retention time: the broker's own setting holds
      const committed = reader.array(() => ({
        name: reader.string(),
        partitions: reader.array(() => {
          const partition = reader.int32();
          const offset = reader.long();
          const leaderEpoch = version >= 6 ? reader.int32() : -1;
          if (version === 1) reader.int64(); // timestamp
          return { partition, offset, leaderEpoch, metadata: reader.nullableString() };
        }),
      }));

      const refused = checkGroup(groupId, { memberId, instanceId, generation });
      const accepted: Parameters<typeof store.commitOffsets>[2][number][] = [];
      const results = committed.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partition, ...commit }) => {
          const topic = topics.get(name);
          let error: ErrorName = refused;
          if (error !== 'NONE') return { partition, error };
          if (topic?.partitions[partition] === undefined) error = 'UNKNOWN_TOPIC_OR_PARTITION';
          else if ((commit.metadata?.length ?? 0) > maxMetadataLength) error = 'OFFSET_METADATA_TOO_LARGE';
          else accepted.push({ topicId: topic.id, partition, ...commit });
          return { partition, error };
        }),
      }));
      const stored = storeOffsets(groupId, accepted);
      if (version >= 3) writer.int32(0);
      writer.array(results, ({ name, partitions }) => {
        writer.string(name).array(partitions, ({ partition, error }) => {
          writer.int32(partition).int16(errorCodes[error === 'NONE' ? stored : error]);
        });
      });
      return undefined;
    },
  };

  function checkGroup(
    groupId: string,
    claim: { memberId: string; instanceId: string | null; generation: number },
  ): ErrorName {
    if (groupId === '') return 'INVALID_GROUP_ID';
    const group = groups.get(groupId);
    if (group !== undefined) return group.checkCommit(claim);
    return claim.generation < 0 ? 'NONE' : 'UNKNOWN_MEMBER_ID';
  }

  function storeOffsets(groupId: string, accepted: Parameters<typeof store.commitOffsets>[2]): ErrorName {
    if (accepted.length === 0) return 'NONE';
    try {
      store.commitOffsets(groupId, now(), accepted);
      return 'NONE';
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      reportFault(error);
      return error.name;
    }
  }
}

export function offsetFetchApi({ topics, store }: BrokerState): Api {
  return {
    key: 9,
    name: 'OffsetFetch',
    minVersion: 1,
    maxVersion: 5,
    handle(reader, writer, { version }) {
      const groupId = reader.string();
      const wanted = reader.nullableArray(() => ({
        name: reader.string(),
        partitions: reader.array(() => reader.int32()),
      }));
      const results =
        wanted === null
          ? allOffsets(groupId)
          : wanted.map(({ name, partitions }) => ({
              name,
              partitions: partitions.map((partition) => {
                const topic = topics.get(name);
                return { partition, ...(topic && store.offset(groupId, topic.id, partition)) };
              }),
            }));
      if (version >= 3) writer.int32(0);
      writer.array(results, ({ name, partitions }) => {
        writer.string(name).array(partitions, ({ partition, offset, leaderEpoch, metadata }) => {
          writer.int32(partition).int64(offset ?? -1);
          if (version >= 5) writer.int32(leaderEpoch ?? -1);
          writer.string(metadata ?? '').int16(0);
        });
      });
      if (version >= 2) writer.int16(0);
      return undefined;
    },
  };

  function allOffsets(groupId: string) {
    const byTopic = Map.groupBy(store.offsets(groupId), ({ topicId }) => topicId);
    return [...byTopic].flatMap(([topicId, partitions]) => {
      const name = topics.byId(topicId)?.name;
      return name === undefined ? [] : [{ name, partitions }];
    });
  }
}
