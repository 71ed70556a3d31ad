import { KafkaError } from '../protocol/error-codes.ts';

/** The only leader this broker ever has: itself, for good. */
export const leaderEpoch = 0;

/** @param known what the client thinks it is; -1 when it does not say. @throws KafkaError when it is wrong. */
export function checkLeaderEpoch(known: number): void {
  if (known > leaderEpoch)
    throw new KafkaError('UNKNOWN_LEADER_EPOCH', `The leader epoch is ${leaderEpoch}, not ${known}.`);
}
