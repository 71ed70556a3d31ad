import type { Prisma } from '@parapet/database';
import type { AlertChange } from '@parapet/event-model';
import type { Alert, ChangeKind } from './alert-state.ts';

/** Everything of a change but its sequence, which the outbox gives it. */
export type UnnumberedChange = Omit<AlertChange, 'sequence'>;

export function toChange(
  alert: Alert,
  change: ChangeKind,
  at: number,
  receivedAt?: number | undefined,
): UnnumberedChange {
  const { id, fingerprint, status, severity, title, rule, entities, assetHandle } = alert;
  return {
    schema: 1,
    change,
    at,
    alert: {
      id,
      fingerprint,
      status,
      severity,
      title,
      rule,
      entities,
      ...(assetHandle !== null && { assetHandle }),
      count: alert.count,
      firstSeen: alert.firstSeen,
      lastSeen: alert.lastSeen,
      createdAt: alert.createdAt,
      updatedAt: alert.updatedAt,
    },
    ...(receivedAt !== undefined && { receivedAt }),
  };
}

/** Keys of PostgreSQL's advisory locks; any numbers that nothing else uses. */
export const writerLock = 7_270_401;
export const publisherLock = 7_270_402;

/**
 * Writes changes at the end of the transaction that makes them. The lock is held until that transaction ends: a sequence is
 * given out only when every lower one is committed, so a reader in order of sequence skips none. It must be the last lock that
 * the transaction takes.
 */
export async function appendChanges(
  tx: Prisma.TransactionClient,
  changes: readonly UnnumberedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  // Rows, and with them sequences, come into being only after the lock's row.
  await tx.$executeRaw`
    WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(${writerLock}::bigint))
    INSERT INTO alert_changes (alert_id, message)
    SELECT message->'alert'->>'id', message
    FROM locked, jsonb_array_elements(${JSON.stringify(changes)}::jsonb) WITH ORDINALITY AS change(message, position)
    ORDER BY position`;
}
