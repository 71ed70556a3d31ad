import { Prisma, type PrismaClient } from '@parapet/database';
import type { EvidenceEvent, Finding } from '@parapet/event-model';
import { type AlertRow, alertColumns, toAlert, toRecord, toTimestamp } from './alert-rows.ts';
import { type Alert, type AlertStep, announceIntervalMs, nextAlertState } from './alert-state.ts';
import { appendChanges, toChange } from './outbox.ts';
import { changeStatus, type StatusChange, type StatusRequest } from './status-change.ts';

export interface AppliedFindings {
  readonly raised: number;
  readonly updated: number;
  readonly newEvents: number;
  /** Changes written to the outbox. */
  readonly changes: number;
}

export interface AlertWriter {
  /** Applies findings in one transaction, whatever of them was applied before. */
  applyFindings(findings: readonly Finding[]): Promise<AppliedFindings>;
  setStatus(id: string, request: StatusRequest): Promise<StatusChange>;
  /** Writes the `updated` changes whose waiting time is over. Resolves with how many. */
  tellPending(): Promise<number>;
}

/** Evidence events kept for one alert. */
const maxEvidence = 50;
const pendingBatch = 500;

/** @param opts.onCommitted called right after a transaction that wrote changes, so that they are published without delay. */
export function createAlertWriter(opts: {
  prisma: PrismaClient;
  now: () => number;
  onCommitted: () => void;
}): AlertWriter {
  const { prisma, now, onCommitted } = opts;

  async function transact<T extends { changes: number }>(
    work: (tx: Prisma.TransactionClient) => Promise<T>,
  ): Promise<T> {
    const result = await prisma.$transaction(work, { maxWait: 10_000, timeout: 30_000 });
    if (result.changes > 0) onCommitted();
    return result;
  }

  async function applyOnce(byFingerprint: ReadonlyMap<string, readonly Finding[]>) {
    return transact(async (tx) => {
      const found = await lockAlerts(tx, [...byFingerprint.keys()]);
      const at = now();
      const steps = [...byFingerprint].flatMap(([fingerprint, group]) => {
        const step = nextAlertState(found.get(fingerprint)?.alert, group, at);
        return step && step.newEvents > 0 ? [step] : [];
      });
      const isNew = ({ alert }: AlertStep) => !found.has(alert.fingerprint);
      await insertAlerts(
        tx,
        steps.filter(isNew).map(({ alert }) => alert),
      );
      await updateAlerts(
        tx,
        steps.filter((step) => !isNew(step)).map(({ alert }) => alert),
      );
      await insertEvidence(
        tx,
        steps.map(({ alert, evidence }) => {
          const room = maxEvidence - (found.get(alert.fingerprint)?.evidence ?? 0);
          return { alertId: alert.id, evidence: evidence.slice(0, Math.max(0, room)) };
        }),
      );
      const changes = steps.flatMap(({ alert, change, receivedAt }) =>
        change ? [toChange(alert, change, at, receivedAt)] : [],
      );
      await appendChanges(tx, changes);
      const raised = changes.filter(({ change }) => change === 'raised').length;
      return {
        raised,
        updated: steps.length - raised,
        newEvents: steps.reduce((sum, { newEvents }) => sum + newEvents, 0),
        changes: changes.length,
      };
    });
  }

  return {
    async applyFindings(findings) {
      // In one order everywhere, so that two consumers that meet wait for each other and do not block each other.
      const groups = Map.groupBy(findings, ({ fingerprint }) => fingerprint);
      const sorted = new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
      for (let attempt = 1; ; attempt++) {
        try {
          return await applyOnce(sorted);
        } catch (error) {
          // Another consumer raised the same alert between our look and our insert: now it is there to be counted on.
          if (!(error instanceof AlertAppearedError) || attempt === 5) throw error;
        }
      }
    },
    async setStatus(id, request) {
      const { result } = await transact(async (tx) => {
        const rows = await tx.$queryRaw<AlertRow[]>`SELECT * FROM alerts WHERE id = ${id} FOR UPDATE`;
        const result = changeStatus(rows[0] && toAlert(rows[0]), request, now());
        if (result.kind !== 'changed') return { result, changes: 0 };
        await updateAlerts(tx, [result.alert]);
        await appendChanges(tx, [toChange(result.alert, 'status_changed', result.alert.updatedAt)]);
        return { result, changes: 1 };
      });
      return result;
    },
    async tellPending() {
      const { changes } = await transact(async (tx) => {
        const at = now();
        // Rows that somebody is writing to are left to the next round.
        const rows = await tx.$queryRaw<AlertRow[]>`
          SELECT * FROM alerts
          WHERE pending_since IS NOT NULL
            AND announced_at <= ${toTimestamp(at - announceIntervalMs)}::timestamptz
          ORDER BY fingerprint LIMIT ${pendingBatch} FOR UPDATE SKIP LOCKED`;
        const alerts = rows.map(toAlert);
        await updateAlerts(
          tx,
          alerts.map((alert) => ({ ...alert, announcedAt: at, pendingSince: null })),
        );
        await appendChanges(
          tx,
          alerts.map((alert) => toChange(alert, 'updated', at, alert.pendingSince ?? undefined)),
        );
        return { changes: alerts.length };
      });
      return changes;
    },
  };
}

class AlertAppearedError extends Error {}

async function lockAlerts(tx: Prisma.TransactionClient, fingerprints: readonly string[]) {
  const rows = await tx.$queryRaw<(AlertRow & { evidence: number })[]>`
    SELECT alerts.*, (SELECT count(*)::int FROM alert_evidence WHERE alert_id = alerts.id) AS evidence
    FROM alerts
    WHERE fingerprint = ANY(${fingerprints as string[]}::text[])
    ORDER BY fingerprint FOR UPDATE OF alerts`;
  return new Map(rows.map((row) => [row.fingerprint, { alert: toAlert(row), evidence: row.evidence }]));
}

const names = Prisma.raw(alertColumns.map(([name]) => `"${name}"`).join(', '));
const definition = Prisma.raw(alertColumns.map(([name, type]) => `"${name}" ${type}`).join(', '));
const assignments = Prisma.raw(
  alertColumns
    .filter(([name]) => name !== 'id' && name !== 'fingerprint' && name !== 'created_at')
    .map(([name]) => `"${name}" = record."${name}"`)
    .join(', '),
);

async function insertAlerts(tx: Prisma.TransactionClient, alerts: readonly Alert[]): Promise<void> {
  if (alerts.length === 0) return;
  const inserted = await tx.$executeRaw`
    INSERT INTO alerts (${names})
    SELECT ${names} FROM jsonb_to_recordset(${JSON.stringify(alerts.map(toRecord))}::jsonb) AS record(${definition})
    ORDER BY fingerprint
    ON CONFLICT DO NOTHING`;
  if (inserted < alerts.length)
    throw new AlertAppearedError('An alert was raised by another process meanwhile.');
}

async function updateAlerts(tx: Prisma.TransactionClient, alerts: readonly Alert[]): Promise<void> {
  if (alerts.length === 0) return;
  await tx.$executeRaw`
    UPDATE alerts SET ${assignments}
    FROM jsonb_to_recordset(${JSON.stringify(alerts.map(toRecord))}::jsonb) AS record(${definition})
    WHERE alerts.id = record.id`;
}

async function insertEvidence(
  tx: Prisma.TransactionClient,
  groups: readonly { alertId: string; evidence: readonly EvidenceEvent[] }[],
): Promise<void> {
  const records = groups.flatMap(({ alertId, evidence }) =>
    evidence.map((event) => ({
      alert_id: alertId,
      event_id: event.id,
      time: toTimestamp(event.time),
      source: event.source,
      origin: event.origin,
      entities: event.entities,
      raw: event.raw,
      raw_truncated: event.rawTruncated,
    })),
  );
  if (records.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO alert_evidence (alert_id, event_id, time, source, origin, entities, raw, raw_truncated)
    SELECT alert_id, event_id, time, source, origin, entities, raw, raw_truncated
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS record(
      alert_id text, event_id text, time timestamptz, source text, origin jsonb, entities jsonb, raw text,
      raw_truncated boolean)
    ON CONFLICT DO NOTHING`;
}
