import type { Api, BrokerState } from '../api.ts';
import { type ErrorName, errorCodes, KafkaError } from '../protocol/error-codes.ts';

export function describeGroupsApi({ groups, store }: BrokerState): Api {
  function describe(groupId: string) {
    const group = groups.get(groupId);
    if (group !== undefined) {
      const { state, protocolType, protocol, members } = group;
      return { groupId, state, protocolType, protocol, members };
    }
    const hasOffsets = store.offsets(groupId).length > 0;
    return { groupId, state: hasOffsets ? 'Empty' : 'Dead', protocolType: '', protocol: '', members: [] };
  }

  return {
    key: 15,
    name: 'DescribeGroups',
    minVersion: 0,
    maxVersion: 2,
    handle(reader, writer, { version }) {
      const described = reader.array(() => describe(reader.string()));
      if (version >= 1) writer.int32(0);
      writer.array(described, (group) => {
        writer
          .int16(0)
          .string(group.groupId)
          .string(group.state)
          .string(group.protocolType)
          .string(group.protocol);
        writer.array(group.members, (member) => {
          writer.string(member.memberId).string(member.clientId).string(member.clientHost);
          writer.bytes(member.metadata).bytes(member.assignment);
        });
      });
      return undefined;
    },
  };
}

export function listGroupsApi({ groups, store }: BrokerState): Api {
  return {
    key: 16,
    name: 'ListGroups',
    minVersion: 0,
    maxVersion: 2,
    handle(_reader, writer, { version }) {
      const listed = new Map(store.groups().map(({ groupId }) => [groupId, 'consumer']));
      for (const [groupId, group] of groups.all()) listed.set(groupId, group.protocolType || 'consumer');
      if (version >= 1) writer.int32(0);
      writer.int16(0).array([...listed], ([groupId, protocolType]) => {
        writer.string(groupId).string(protocolType);
      });
      return undefined;
    },
  };
}

export function deleteGroupsApi({ groups, store, reportFault }: BrokerState): Api {
  function remove(groupId: string): ErrorName {
    const group = groups.get(groupId);
    if (group === undefined && store.offsets(groupId).length === 0) return 'GROUP_ID_NOT_FOUND';
    if (group !== undefined && group.state !== 'Empty') return 'NON_EMPTY_GROUP';
    try {
      store.deleteGroup(groupId);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      reportFault(error);
      return error.name;
    }
    group?.close();
    groups.delete(groupId);
    return 'NONE';
  }

  return {
    key: 42,
    name: 'DeleteGroups',
    minVersion: 0,
    maxVersion: 1,
    handle(reader, writer) {
      const results = reader.array(() => {
        const groupId = reader.string();
        return { groupId, error: remove(groupId) };
      });
      writer.int32(0).array(results, ({ groupId, error }) => {
        writer.string(groupId).int16(errorCodes[error]);
      });
      return undefined;
    },
  };
}
