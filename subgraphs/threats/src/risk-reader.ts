import { createHash } from 'node:crypto';
import { Prisma, type PrismaClient } from '@parapet/database';
import {
  type EntityRisk,
  pointsOfRule,
  type RiskWeights,
  riskHorizonMs,
  scoreEntity,
  type WeighedAlert,
} from '@parapet/detection';
import { type AlertStatus, alertStatuses, type Severity } from '@parapet/event-model';
import { definePaging, type Page } from '@parapet/subgraph';
import { z } from 'zod';
import type { AssetHandles } from './alert-reader.ts';
import { toLookupKey, toTimestamp } from './alert-rows.ts';

/** Whose risk can be asked by name. */
export const riskEntityKinds = ['host', 'user', 'account'] as const;
export type RiskEntityKind = (typeof riskEntityKinds)[number];

export type Risk = EntityRisk<WeighedAlert>;

export interface NamedRisk extends Risk {
  readonly kind: RiskEntityKind;
  /** As the latest alert writes it. */
  readonly name: string;
}

export interface RankedRisk extends NamedRisk {
  /** The time that the ranking is of, epoch milliseconds. */
  readonly at: number;
}

/** The riskiest first. Pages are of one moment, which the cursor keeps: time moves every score, alerts move few. */
export const riskPaging = definePaging({
  name: 'entityRisks',
  version: 1,
  key: z.tuple([z.number(), z.number(), z.string().max(64)]),
  defaultFirst: 20,
  maxFirst: 200,
});
export type RiskPage = Page<[number, number, string]>;
export const riskKey = (risk: RankedRisk): [number, number, string] => [
  risk.at,
  risk.sum,
  tieBreak(risk.name),
];

export interface RiskReader {
  /** By key of the asset: its risk, from the alerts about any of its handles; only of those at risk. One query for all. */
  ofAssets(assets: readonly AssetHandles[]): Promise<Map<string, Risk>>;
  /** By name as given: the risk of the entity that has it, in any case; only of those at risk. One query for all. */
  ofNames(kind: RiskEntityKind, names: readonly string[]): Promise<Map<string, NamedRisk>>;
  /** A page of the riskiest entities of one kind; those without any risk are left out. */
  top(kind: RiskEntityKind, page: RiskPage): Promise<RankedRisk[]>;
}

/** Alerts that one entity is scored by: its latest. */
const maxAlertsOfOne = 500;
/** Alerts that a ranking of entities is made from: the latest of all. */
const maxAlertsOfAll = 20_000;

export function createRiskReader(opts: {
  prisma: PrismaClient;
  weights: RiskWeights;
  now: () => number;
}): RiskReader {
  const { prisma, weights, now } = opts;
  const toWeighed = (row: WeighedRow): WeighedAlert => ({
    id: row.id,
    ruleId: row.rule_id,
    score:
      row.risk_score ?? pointsOfRule({ id: row.rule_id, level: row.level, tags: row.tags ?? [] }, weights),
    status: row.status,
    count: Number(row.count),
    lastSeen: row.last_seen.getTime(),
  });
  const scoreGroups = (rows: readonly (WeighedRow & { key: string })[], at: number) =>
    [...Map.groupBy(rows, ({ key }) => key)].map(
      ([key, group]) =>
        ({ key, latest: group[0], risk: scoreEntity(group.map(toWeighed), weights, at) }) as const,
    );

  return {
    async ofAssets(assets) {
      const at = now();
      const rows = await prisma.$queryRaw<(WeighedRow & { key: string })[]>`
        SELECT asset.key, found.*
        FROM jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) AS asset(key text, handles jsonb)
        CROSS JOIN LATERAL (
          SELECT ${columns} FROM alerts
          WHERE asset_handle = ANY(ARRAY(SELECT jsonb_array_elements_text(asset.handles))) AND ${counting(weights, at)}
          ORDER BY last_seen DESC, id LIMIT ${maxAlertsOfOne}
        ) AS found`;
      return new Map(scoreGroups(rows, at).map(({ key, risk }) => [key, risk]));
    },
    async ofNames(kind, names) {
      const at = now();
      const keys = [...new Set(names.map((name) => toLookupKey(name)))];
      const rows = await prisma.$queryRaw<(WeighedRow & { key: string })[]>`
        SELECT wanted.key, found.*
        FROM unnest(${keys}::text[]) AS wanted(key)
        CROSS JOIN LATERAL (
          SELECT ${columns}, entities->>${kind}::text AS name FROM alerts
          WHERE ${column(kind)} = wanted.key AND ${counting(weights, at)}
          ORDER BY last_seen DESC, id LIMIT ${maxAlertsOfOne}
        ) AS found
        ORDER BY found.last_seen DESC, found.id`;
      const found = new Map(scoreGroups(rows, at).map((group) => [group.key, group]));
      return new Map(
        names.flatMap((name) => {
          const group = found.get(toLookupKey(name) ?? '');
          return group ? [[name, { ...group.risk, kind, name: group.latest?.name ?? name }] as const] : [];
        }),
      );
    },
    async top(kind, page) {
      const at = page.after?.[0] ?? now();
      const rows = await prisma.$queryRaw<(WeighedRow & { key: string })[]>`
        SELECT ${column(kind)} AS key, entities->>${kind}::text AS name, ${columns} FROM alerts
        WHERE ${column(kind)} IS NOT NULL AND ${counting(weights, at)}
        ORDER BY last_seen DESC, id LIMIT ${maxAlertsOfAll}`;
      const ranked = scoreGroups(rows, at)
        .filter(({ risk }) => risk.sum > 0)
        .map(({ key, latest, risk }): RankedRisk => ({ ...risk, kind, name: latest?.name ?? key, at }))
        .sort(riskiestFirst);
      const [, sum, tie] = page.after ?? [];
      const rest =
        sum === undefined || tie === undefined
          ? ranked
          : ranked.filter((one) => one.sum < sum || (one.sum === sum && tieBreak(one.name) > tie));
      return rest.slice(0, page.limit);
    },
  };
}

interface WeighedRow {
  id: string;
  rule_id: string;
  level: Severity;
  /** Only of alerts that were not scored: what their rule says of its weight. */
  tags: string[] | null;
  risk_score: number | null;
  status: AlertStatus;
  count: bigint;
  last_seen: Date;
  name?: string;
}

const columns = Prisma.sql`id, rule_id, severity AS level, CASE WHEN risk_score IS NULL THEN rule->'tags' END AS tags,
  risk_score, status, count, last_seen`;

/** Alerts that add to a risk at all: of a status that counts, and not too old. */
function counting(weights: RiskWeights, at: number): Prisma.Sql {
  const statuses = alertStatuses.filter((status) => weights.entity.status[status] > 0);
  const since = toTimestamp(at - riskHorizonMs(weights));
  return Prisma.sql`status = ANY(${statuses}::alert_status[]) AND last_seen >= ${since}::timestamptz`;
}

function column(kind: RiskEntityKind): Prisma.Sql {
  switch (kind) {
    case 'host':
      return Prisma.sql`host`;
    case 'user':
      return Prisma.sql`"user"`;
    case 'account':
      return Prisma.sql`account`;
  }
}

function riskiestFirst(a: RankedRisk, b: RankedRisk): number {
  return b.sum - a.sum || (tieBreak(a.name) < tieBreak(b.name) ? -1 : 1);
}

/** Names may be longer than a cursor can hold; the order of equals is of no meaning, only of one kind. */
function tieBreak(name: string): string {
  return createHash('sha256').update(name.toLowerCase()).digest('hex').slice(0, 16);
}
