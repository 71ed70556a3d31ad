import { type DuckDBType, type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { z } from 'zod';
import type { LakeColumn } from './lake-row.ts';

const text = z.string().min(1).max(1000);

/** Which events. Every part narrows; an absent part does not. */
export const EventQuery = z.object({
  /** Epoch milliseconds, inclusive. */
  since: z.number().optional(),
  /** Epoch milliseconds, exclusive. */
  until: z.number().optional(),
  source: text.optional(),
  /** Host name without case; `ws01` also finds `ws01.corp.example`. */
  host: text.optional(),
  /** User name without case; `alice` also finds `CORP\alice`. */
  user: text.optional(),
  /** Source or destination address. */
  address: text.optional(),
  /** Found anywhere in the message or the raw event, without case. */
  text: text.optional(),
  ruleId: text.optional(),
  /** True: only events that at least one rule matched; false: only events that none did. */
  matched: z.boolean().optional(),
  /** Risk score of this or more. */
  minRiskScore: z.number().min(0).max(100).optional(),
  /** Handles: events about any of these assets. */
  assets: z.array(text).max(1000).optional(),
});
export type EventQuery = z.input<typeof EventQuery>;

/** The place of an event in the order newest first. */
export interface EventCursor {
  readonly time: number;
  readonly id: string;
}

/** A condition in SQL, with its values apart. */
export interface Condition {
  readonly sql: string;
  readonly values: Record<string, DuckDBValue>;
  readonly types: Record<string, DuckDBType>;
}

/** Columns by which events can be counted. */
export const aggregateFields = [
  'source',
  'className',
  'severity',
  'host',
  'user',
  'sourceAddress',
  'destinationAddress',
  'destinationPort',
  'process',
  'action',
  'outcome',
  'account',
  'product',
  'rules',
  'assets',
] as const satisfies readonly LakeColumn[];
export type AggregateField = (typeof aggregateFields)[number];

export function toCondition(query: EventQuery, after?: EventCursor): Condition {
  const parts: string[] = [];
  const values: Record<string, DuckDBValue> = {};
  const types: Record<string, DuckDBType> = {};
  const add = (sql: string, bound: Record<string, DuckDBValue>): void => {
    parts.push(sql);
    Object.assign(values, bound);
  };
  if (query.since !== undefined) add('"time" >= $since', { since: query.since });
  if (query.until !== undefined) add('"time" < $until', { until: query.until });
  if (query.source !== undefined) add('source = $source', { source: query.source });
  if (query.host !== undefined) {
    const host = query.host.toLowerCase();
    add(`(lower(host) = $host OR starts_with(lower(host), $hostPrefix))`, { host, hostPrefix: `${host}.` });
  }
  if (query.user !== undefined) {
    const user = query.user.toLowerCase();
    add(`(lower("user") = $user OR ends_with(lower("user"), $userSuffix))`, {
      user,
      userSuffix: `\\${user}`,
    });
  }
  if (query.address !== undefined) {
    add('(lower(sourceAddress) = $address OR lower(destinationAddress) = $address)', {
      address: query.address.toLowerCase(),
    });
  }
  if (query.text !== undefined) {
    // In the raw JSON a backslash or a quote is written escaped.
    add('(contains(lower(message), $text) OR contains(lower(raw), $rawText))', {
      text: query.text.toLowerCase(),
      rawText: JSON.stringify(query.text.toLowerCase()).slice(1, -1),
    });
  }
  if (query.ruleId !== undefined) add('list_contains(rules, $ruleId)', { ruleId: query.ruleId });
  if (query.matched !== undefined) parts.push(query.matched ? 'len(rules) > 0' : 'len(rules) = 0');
  // Events without a score have null here, which a comparison leaves out.
  if (query.minRiskScore !== undefined && query.minRiskScore > 0) {
    add('riskScore >= $minRiskScore', { minRiskScore: query.minRiskScore });
  }
  if (query.assets !== undefined) {
    add('list_has_any(assets, $assets)', { assets: listValue([...query.assets]) });
    types['assets'] = LIST(VARCHAR);
  }
  if (after !== undefined) {
    add('("time" < $afterTime OR ("time" = $afterTime AND id < $afterId))', {
      afterTime: after.time,
      afterId: after.id,
    });
  }
  return { sql: parts.length === 0 ? 'true' : parts.join(' AND '), values, types };
}
