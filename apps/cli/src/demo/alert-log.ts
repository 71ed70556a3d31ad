import { z } from 'zod';
import { Alert, alertFields } from '../api/alert.ts';
import type { GraphqlClient } from '../api/graphql-client.ts';
import { createLatencyRecord } from './latency.ts';

const page = 200;
const pageQuery = `query Alerts($after: String) {
  alerts(first: ${page}, after: $after) { nodes { ${alertFields} } pageInfo { hasNextPage endCursor } }
}`;
const Page = z.object({
  alerts: z.object({
    nodes: z.array(Alert),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** All alerts that the platform keeps, read page by page. */
export async function fetchAlerts(client: GraphqlClient): Promise<Alert[]> {
  const alerts: Alert[] = [];
  let after: string | null = null;
  do {
    const answer: z.infer<typeof Page> = await client.query(Page, pageQuery, { after });
    alerts.push(...answer.alerts.nodes);
    after = answer.alerts.pageInfo.hasNextPage ? answer.alerts.pageInfo.endCursor : null;
  } while (after !== null);
  return alerts;
}

/** What the subscription delivered: which alerts, and how long each took from the arrival of its event. */
export function createDeliveryLog(now: () => number = Date.now) {
  const delivered = new Set<string>();
  const latency = createLatencyRecord();
  let arrived = Promise.withResolvers<void>();
  return {
    latency,
    /** Notes a delivery and answers its latency in milliseconds. */
    add(alert: Alert): number {
      const ms = Math.max(0, now() - Date.parse(alert.receivedAt));
      delivered.add(alert.id);
      latency.add(ms);
      arrived.resolve();
      arrived = Promise.withResolvers<void>();
      return ms;
    },
    get size() {
      return delivered.size;
    },
    missingOf: (alerts: readonly Alert[]) => alerts.filter(({ id }) => !delivered.has(id)),
    /** Resolves at the next delivery. */
    next: () => arrived.promise,
  };
}
export type DeliveryLog = ReturnType<typeof createDeliveryLog>;
