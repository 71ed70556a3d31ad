import type { Api, BrokerState } from '../api.ts';
import { type MemberClaim, noAssignment, type SyncResult } from '../groups/member.ts';
import { type ErrorName, errorCodes } from '../protocol/error-codes.ts';
import type { Reader } from '../protocol/reader.ts';

/** generation, member id and (from version 3 on) instance id, as SyncGroup and Heartbeat begin. */
function readClaim(reader: Reader, version: number): MemberClaim {
  return {
    generation: reader.int32(),
    memberId: reader.string(),
    instanceId: version >= 3 ? reader.nullableString() : null,
  };
}

export function syncGroupApi({ groups }: BrokerState): Api {
  return {
    key: 14,
    name: 'SyncGroup',
    minVersion: 0,
    maxVersion: 3,
    async handle(reader, writer, { version }) {
      const group = groups.get(reader.string());
      const claim = readClaim(reader, version);
      // Copied: assignments outlive the request.
      const assignments = new Map(
        reader.array(() => [reader.string(), Buffer.from(reader.bytes())] as const),
      );
      const { error, assignment } = await new Promise<SyncResult>((resolve) => {
        if (group === undefined) resolve({ error: 'UNKNOWN_MEMBER_ID', assignment: noAssignment });
        else group.sync(claim, assignments, resolve);
      });
      if (version >= 1) writer.int32(0);
      writer.int16(errorCodes[error]).bytes(assignment);
      return undefined;
    },
  };
}

export function heartbeatApi({ groups }: BrokerState): Api {
  return {
    key: 12,
    name: 'Heartbeat',
    minVersion: 0,
    maxVersion: 3,
    handle(reader, writer, { version }) {
      const group = groups.get(reader.string());
      const error = group?.heartbeat(readClaim(reader, version)) ?? 'UNKNOWN_MEMBER_ID';
      if (version >= 1) writer.int32(0);
      writer.int16(errorCodes[error]);
      return undefined;
    },
  };
}

export function leaveGroupApi({ groups }: BrokerState): Api {
  return {
    key: 13,
    name: 'LeaveGroup',
    minVersion: 0,
    maxVersion: 3,
    handle(reader, writer, { version }) {
      const group = groups.get(reader.string());
      const leaving =
        version >= 3
          ? reader.array(() => ({ memberId: reader.string(), instanceId: reader.nullableString() }))
          : [{ memberId: reader.string(), instanceId: null }];
      const results = leaving.map((member) => ({
        ...member,
        error: group?.leave(member) ?? ('UNKNOWN_MEMBER_ID' satisfies ErrorName),
      }));
      if (version >= 1) writer.int32(0);
      if (version < 3) {
        writer.int16(errorCodes[results[0]?.error ?? 'NONE']);
        return undefined;
      }
      writer.int16(0).array(results, ({ memberId, instanceId, error }) => {
        writer.string(memberId).string(instanceId).int16(errorCodes[error]);
      });
      return undefined;
    },
  };
}
