import type { Api, BrokerState } from '../api.ts';
import { type JoinRequest, type JoinResult, joinFailure } from '../groups/member.ts';
import { errorCodes, KafkaError } from '../protocol/error-codes.ts';

export function joinGroupApi(broker: BrokerState): Api {
  async function join(groupId: string, request: JoinRequest): Promise<JoinResult> {
    const { sessionTimeoutMs, memberId } = request;
    if (sessionTimeoutMs < broker.minSessionTimeoutMs || sessionTimeoutMs > broker.maxSessionTimeoutMs) {
      return joinFailure('INVALID_SESSION_TIMEOUT', memberId);
    }
    // A member id that is not ours to know must not create the group.
    if (memberId !== '' && broker.groups.get(groupId) === undefined && groupId !== '') {
      return joinFailure('UNKNOWN_MEMBER_ID', memberId);
    }
    const group = broker.groups.getOrCreate(groupId);
    return new Promise((resolve) => group.join(request, resolve));
  }

  return {
    key: 11,
    name: 'JoinGroup',
    minVersion: 0,
    maxVersion: 5,
    async handle(reader, writer, { version, clientId, clientHost }) {
      const groupId = reader.string();
      const sessionTimeoutMs = reader.int32();
      const rebalanceTimeoutMs = version >= 1 ? reader.int32() : sessionTimeoutMs;
      const memberId = reader.string();
      const instanceId = version >= 5 ? reader.nullableString() : null;
      const protocolType = reader.string();
      // Copied: it outlives the request.
      const protocols = reader.array(() => ({
        name: reader.string(),
        metadata: Buffer.from(reader.bytes()),
      }));
      const result = await join(groupId, {
        memberId,
        instanceId,
        clientId,
        clientHost,
        sessionTimeoutMs,
        rebalanceTimeoutMs: Math.min(Math.max(rebalanceTimeoutMs, 0), maxRebalanceTimeoutMs),
        protocolType,
        protocols,
        memberIdRequired: version >= 4,
      }).catch((error: unknown) => {
        if (error instanceof KafkaError) return joinFailure(error.name, memberId);
        throw error;
      });
      if (version >= 2) writer.int32(0);
      writer.int16(errorCodes[result.error]).int32(result.generation);
      writer.string(result.protocol).string(result.leaderId).string(result.memberId);
      writer.array(result.members, (member) => {
        writer.string(member.memberId);
        if (version >= 5) writer.string(member.instanceId);
        writer.bytes(member.metadata);
      });
      return undefined;
    },
  };
}

/** Longer than any client needs, and within what a timer can hold. */
const maxRebalanceTimeoutMs = 86_400_000;
