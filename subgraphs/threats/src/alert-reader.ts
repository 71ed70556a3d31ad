import { Prisma, type PrismaClient } from '@parapet/database';
import {
  type AlertStatus,
  alertStatuses,
  type Entities,
  type EventOrigin,
  type Severity,
  severities,
} from '@parapet/event-model';
import { definePaging, type Page } from '@parapet/subgraph';
import { z } from 'zod';
import { type AlertRow, toAlert, toLookupKey } from './alert-rows.ts';
import type { Alert } from './alert-state.ts';

export interface AlertFilter {
  readonly status?: readonly AlertStatus[] | null;
  readonly severity?: readonly Severity[] | null;
  readonly minSeverity?: Severity | null;
  readonly ruleId?: string | null;
  readonly host?: string | null;
  readonly user?: string | null;
  readonly since?: Date | null;
  readonly until?: Date | null;
}

export interface Evidence {
  readonly alertId: string;
  readonly eventId: string;
  readonly time: Date;
  readonly source: string;
  readonly origin: EventOrigin;
  readonly entities: Entities;
  readonly rawTruncated: boolean;
}

/** The latest raised first; the id breaks ties. */
export const alertPaging = definePaging({
  name: 'alerts',
  version: 1,
  key: z.tuple([z.number(), z.string().max(100)]),
});
export type AlertPage = Page<[number, string]>;
export const alertKey = (alert: Alert): [number, string] => [alert.createdAt, alert.id];

export interface AlertReader {
  byIds(ids: readonly string[]): Promise<Map<string, Alert>>;
  list(filter: AlertFilter, page: AlertPage): Promise<Alert[]>;
  /** For each asset, by its key: one page of the alerts about any of its handles. One query for all assets. */
  listByAssets(
    assets: readonly AssetHandles[],
    filter: AlertFilter,
    page: AlertPage,
  ): Promise<Map<string, Alert[]>>;
  /** For each asset, by its key: alerts that are not resolved. */
  countOpenByAssets(assets: readonly AssetHandles[]): Promise<Map<string, number>>;
  /** The first `first` evidence events of each alert, without their raw text. */
  evidence(alertIds: readonly string[], first: number): Promise<Map<string, Evidence[]>>;
  /** Raw text of evidence events, by `<alert id> <event id>`. */
  rawEvidence(keys: readonly { alertId: string; eventId: string }[]): Promise<Map<string, string>>;
}

export interface AssetHandles {
  readonly key: string;
  readonly handles: readonly string[];
}

export function createAlertReader(prisma: PrismaClient): AlertReader {
  return {
    async byIds(ids) {
      const rows = await prisma.$queryRaw<AlertRow[]>`
        SELECT * FROM alerts WHERE id = ANY(${ids as string[]}::text[])`;
      return new Map(rows.map((row) => [row.id, toAlert(row)]));
    },
    async list(filter, page) {
      const rows = await prisma.$queryRaw<AlertRow[]>`
        SELECT * FROM alerts WHERE ${toConditions(filter, page)} ORDER BY created_at DESC, id LIMIT ${page.limit}`;
      return rows.map(toAlert);
    },
    async listByAssets(assets, filter, page) {
      const rows = await prisma.$queryRaw<(AlertRow & { asset_key: string })[]>`
        SELECT asset.key AS asset_key, found.*
        FROM jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) AS asset(key text, handles jsonb)
        CROSS JOIN LATERAL (
          SELECT * FROM alerts
          WHERE asset_handle = ANY(ARRAY(SELECT jsonb_array_elements_text(asset.handles)))
            AND ${toConditions(filter, page)}
          ORDER BY created_at DESC, id LIMIT ${page.limit}
        ) AS found
        ORDER BY found.created_at DESC, found.id`;
      const groups = Map.groupBy(rows, (row) => row.asset_key);
      return new Map([...groups].map(([key, group]) => [key, group.map(toAlert)]));
    },
    async countOpenByAssets(assets) {
      const rows = await prisma.$queryRaw<{ key: string; count: number }[]>`
        SELECT asset.key, (
          SELECT count(*)::int FROM alerts
          WHERE asset_handle = ANY(ARRAY(SELECT jsonb_array_elements_text(asset.handles))) AND status <> 'resolved'
        ) AS count
        FROM jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) AS asset(key text, handles jsonb)`;
      return new Map(rows.map(({ key, count }) => [key, count]));
    },
    async evidence(alertIds, first) {
      const rows = await prisma.$queryRaw<EvidenceRow[]>`
        SELECT kept.* FROM unnest(${alertIds as string[]}::text[]) AS alert(id)
        CROSS JOIN LATERAL (
          SELECT alert_id, event_id, time, source, origin, entities, raw_truncated FROM alert_evidence
          WHERE alert_id = alert.id ORDER BY time, event_id LIMIT ${first}
        ) AS kept
        ORDER BY time, event_id`;
      return Map.groupBy(rows.map(toEvidence), ({ alertId }) => alertId);
    },
    async rawEvidence(keys) {
      const rows = await prisma.$queryRaw<{ alert_id: string; event_id: string; raw: string }[]>`
        SELECT alert_id, event_id, raw FROM alert_evidence
        WHERE (alert_id, event_id) IN (
          SELECT "alertId", "eventId"
          FROM jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) AS wanted("alertId" text, "eventId" text))`;
      return new Map(rows.map((row) => [`${row.alert_id} ${row.event_id}`, row.raw]));
    },
  };
}

interface EvidenceRow {
  alert_id: string;
  event_id: string;
  time: Date;
  source: string;
  origin: EventOrigin;
  entities: Entities;
  raw_truncated: boolean;
}

function toEvidence(row: EvidenceRow): Evidence {
  return {
    alertId: row.alert_id,
    eventId: row.event_id,
    time: row.time,
    source: row.source,
    origin: row.origin,
    entities: row.entities,
    rawTruncated: row.raw_truncated,
  };
}

function toConditions(filter: AlertFilter, page: AlertPage): Prisma.Sql {
  const conditions = [Prisma.sql`true`];
  const statuses = alertStatuses.filter((status) => filter.status?.includes(status));
  if (filter.status) conditions.push(Prisma.sql`status = ANY(${statuses}::alert_status[])`);
  const floor = filter.minSeverity ? severities.indexOf(filter.minSeverity) : 0;
  const wanted = severities.filter(
    (severity, rank) => rank >= floor && (!filter.severity || filter.severity.includes(severity)),
  );
  if (filter.severity || floor > 0) conditions.push(Prisma.sql`severity = ANY(${wanted}::severity[])`);
  if (filter.ruleId != null) conditions.push(Prisma.sql`rule_id = ${filter.ruleId}`);
  if (filter.host != null) conditions.push(Prisma.sql`host = ${toLookupKey(filter.host)}`);
  if (filter.user != null) conditions.push(Prisma.sql`"user" = ${toLookupKey(filter.user)}`);
  if (filter.since) conditions.push(Prisma.sql`created_at >= ${filter.since.toISOString()}::timestamptz`);
  if (filter.until) conditions.push(Prisma.sql`created_at < ${filter.until.toISOString()}::timestamptz`);
  if (page.after) {
    const [time, id] = page.after;
    const at = Prisma.sql`${new Date(time).toISOString()}::timestamptz`;
    // The first half lets the index seek; the second breaks ties.
    conditions.push(Prisma.sql`created_at <= ${at} AND (created_at < ${at} OR id > ${id})`);
  }
  return Prisma.join(conditions, ' AND ');
}
