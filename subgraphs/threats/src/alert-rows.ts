import type { AlertStatus, Entities, RiskContribution, RuleSnapshot, Severity } from '@parapet/event-model';
import type { Alert } from './alert-state.ts';

/** A row of table `alerts`, as PostgreSQL gives it. */
export interface AlertRow {
  id: string;
  fingerprint: string;
  status: AlertStatus;
  severity: Severity;
  title: string;
  rule: RuleSnapshot;
  entities: Entities;
  asset_handle: string | null;
  count: bigint;
  counted: Record<string, number>;
  first_seen: Date;
  last_seen: Date;
  received_at: Date;
  created_at: Date;
  updated_at: Date;
  acknowledged_at: Date | null;
  resolved_at: Date | null;
  status_by: string | null;
  status_comment: string | null;
  announced_at: Date;
  pending_since: Date | null;
  risk_score: number | null;
  risk_contributions: RiskContribution[];
}

export function toAlert(row: AlertRow): Alert {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    status: row.status,
    severity: row.severity,
    title: row.title,
    rule: row.rule,
    entities: row.entities,
    assetHandle: row.asset_handle,
    count: Number(row.count),
    counted: row.counted,
    firstSeen: row.first_seen.getTime(),
    lastSeen: row.last_seen.getTime(),
    receivedAt: row.received_at.getTime(),
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    acknowledgedAt: row.acknowledged_at?.getTime() ?? null,
    resolvedAt: row.resolved_at?.getTime() ?? null,
    statusBy: row.status_by,
    statusComment: row.status_comment,
    announcedAt: row.announced_at.getTime(),
    pendingSince: row.pending_since?.getTime() ?? null,
    riskScore: row.risk_score,
    riskContributions: row.risk_contributions,
  };
}

/** Columns of an alert as a recordset of JSON: what {@link toRecord} writes and SQL reads. */
export const alertColumns = [
  ['id', 'text'],
  ['fingerprint', 'text'],
  ['status', 'alert_status'],
  ['severity', 'severity'],
  ['title', 'text'],
  ['rule_id', 'text'],
  ['rule', 'jsonb'],
  ['entities', 'jsonb'],
  ['asset_handle', 'text'],
  ['host', 'text'],
  ['user', 'text'],
  ['account', 'text'],
  ['count', 'bigint'],
  ['counted', 'jsonb'],
  ['first_seen', 'timestamptz'],
  ['last_seen', 'timestamptz'],
  ['received_at', 'timestamptz'],
  ['created_at', 'timestamptz'],
  ['updated_at', 'timestamptz'],
  ['acknowledged_at', 'timestamptz'],
  ['resolved_at', 'timestamptz'],
  ['status_by', 'text'],
  ['status_comment', 'text'],
  ['announced_at', 'timestamptz'],
  ['pending_since', 'timestamptz'],
  ['risk_score', 'smallint'],
  ['risk_contributions', 'jsonb'],
] as const;

export function toRecord(alert: Alert): Record<(typeof alertColumns)[number][0], unknown> {
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    status: alert.status,
    severity: alert.severity,
    title: alert.title,
    rule_id: alert.rule.id,
    rule: alert.rule,
    entities: alert.entities,
    asset_handle: alert.assetHandle,
    host: toLookupKey(alert.entities.host),
    user: toLookupKey(alert.entities.user),
    account: toLookupKey(alert.entities.account),
    count: alert.count,
    counted: alert.counted,
    first_seen: toTimestamp(alert.firstSeen),
    last_seen: toTimestamp(alert.lastSeen),
    received_at: toTimestamp(alert.receivedAt),
    created_at: toTimestamp(alert.createdAt),
    updated_at: toTimestamp(alert.updatedAt),
    acknowledged_at: toTimestamp(alert.acknowledgedAt),
    resolved_at: toTimestamp(alert.resolvedAt),
    status_by: alert.statusBy,
    status_comment: alert.statusComment,
    announced_at: toTimestamp(alert.announcedAt),
    pending_since: toTimestamp(alert.pendingSince),
    risk_score: alert.riskScore,
    risk_contributions: alert.riskContributions,
  };
}

/** How host, user and account names are compared: without case, and cut to what an index entry can hold. */
export function toLookupKey(name: string | undefined): string | null {
  return name === undefined ? null : name.toLowerCase().slice(0, 500);
}

const earliest = Date.parse('0001-01-01T00:00:00Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

export function toTimestamp(ms: number): string;
export function toTimestamp(ms: number | null): string | null;
export function toTimestamp(ms: number | null): string | null {
  return ms === null ? null : new Date(Math.min(latest, Math.max(earliest, ms))).toISOString();
}
