import { KafkaError } from '../protocol/error-codes.ts';
import { createGroup } from './group.ts';
import type { Group } from './group-contract.ts';
import type { Timers } from './timers.ts';

/** The consumer groups of the broker, made when someone first joins or commits. */
export interface Groups {
  get(groupId: string): Group | undefined;
  /** @throws KafkaError INVALID_GROUP_ID, or GROUP_MAX_SIZE_REACHED when the broker has too many groups. */
  getOrCreate(groupId: string): Group;
  all(): readonly (readonly [string, Group])[];
  delete(groupId: string): void;
  close(): void;
}

const maxGroups = 10_000;

export function createGroups(deps: {
  readonly timers: Timers;
  readonly newMemberId: (clientId: string) => string;
  readonly initialRebalanceDelayMs: number;
  readonly maxMembers: number;
}): Groups {
  const groups = new Map<string, Group>();

  /** Makes room by forgetting groups that nobody is in; their offsets are kept elsewhere. */
  function forgetEmpty(): void {
    for (const [groupId, group] of groups) {
      if (group.emptySince !== undefined && group.state === 'Empty') groups.delete(groupId);
    }
  }

  return {
    get: (groupId) => groups.get(groupId),
    getOrCreate(groupId) {
      if (groupId === '') throw new KafkaError('INVALID_GROUP_ID', 'The group id is empty.');
      const existing = groups.get(groupId);
      if (existing !== undefined) return existing;
      if (groups.size >= maxGroups) forgetEmpty();
      if (groups.size >= maxGroups) {
        throw new KafkaError(
          'GROUP_MAX_SIZE_REACHED',
          `The broker has ${maxGroups} active groups, which is its limit.`,
        );
      }
      const group = createGroup(deps);
      groups.set(groupId, group);
      return group;
    },
    all: () => [...groups],
    delete: (groupId) => groups.delete(groupId),
    close() {
      for (const group of groups.values()) group.close();
      groups.clear();
    },
  };
}
