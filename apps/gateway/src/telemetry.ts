import type { Metrics } from '@parapet/service';
import { GraphQLError } from 'graphql';
import type { BreakerState } from './federation/subgraph-breaker.ts';

const operationTypes = ['query', 'mutation', 'subscription', 'unknown'] as const;
/** `refused`: the caller's fault; `partial`: data with errors of ours; `failed`: no data for a fault of ours. */
const outcomes = ['ok', 'refused', 'partial', 'failed'] as const;
type Outcome = (typeof outcomes)[number];
const refusals = ['token', 'failed_logins', 'rate', 'unavailable'] as const;
const fetchOutcomes = [
  'ok',
  'breaker_open',
  'connection',
  'timeout',
  'status',
  'malformed',
  'cancelled',
] as const;
const alertOutcomes = ['delivered', 'failed', 'gone', 'invalid', 'duplicate'] as const;
const socketClosures = ['slow_consumer', 'too_many', 'flood', 'token', 'dead'] as const;

export type GatewayTelemetry = ReturnType<typeof createGatewayTelemetry>;

/** Every metric of the gateway. No label carries a name, an id or an address from outside. */
export function createGatewayTelemetry(metrics: Metrics) {
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
  const operations = metrics.histogram({
    name: 'parapet_gateway_operation_duration_seconds',
    help: 'Time from the arrival of an operation to its (first) result.',
    labels: { type: operationTypes, outcome: outcomes },
    buckets,
  });
  const refused = metrics.counter({
    name: 'parapet_gateway_refused_total',
    help: 'Requests refused before their operation was looked at.',
    labels: { reason: refusals },
  });
  const fetches = metrics.histogram({
    name: 'parapet_gateway_subgraph_fetch_duration_seconds',
    help: 'Time of one request to a subgraph, retry included.',
    labels: { subgraph: { maxValues: 20 }, outcome: fetchOutcomes },
    buckets,
  });
  const breakers = metrics.gauge({
    name: 'parapet_gateway_subgraph_breaker_open',
    help: '1 while the circuit to a subgraph is open, 0.5 while it is tried again, else 0.',
    labels: { subgraph: { maxValues: 20 } },
  });
  const sockets = metrics.gauge({ name: 'parapet_gateway_websockets', help: 'Open WebSockets.' });
  const closures = metrics.counter({
    name: 'parapet_gateway_websockets_closed_total',
    help: 'WebSockets that the gateway closed, by reason.',
    labels: { reason: socketClosures },
  });
  const subscribers = metrics.gauge({ name: 'parapet_gateway_subscribers', help: 'Running subscriptions.' });
  const alerts = metrics.counter({
    name: 'parapet_gateway_alerts_total',
    help: 'Raised alerts, once a group of equal subscriptions: delivered; failed to resolve; gone before they were read. invalid and duplicate: changes read from Kafka and dropped.',
    labels: { outcome: alertOutcomes },
  });
  return {
    operationDone(done: {
      type: string | undefined;
      result: { data?: unknown; errors?: readonly unknown[] | undefined };
      seconds: number;
    }): void {
      const type = operationTypes.find((name) => name === done.type) ?? 'unknown';
      operations.observe({ type, outcome: toOutcome(done.result) }, done.seconds);
    },
    refused: (reason: (typeof refusals)[number]) => refused.inc({ reason }),
    fetchDone: (subgraph: string, outcome: (typeof fetchOutcomes)[number], seconds: number) =>
      fetches.observe({ subgraph, outcome }, seconds),
    breakerChanged: (subgraph: string, state: BreakerState) =>
      breakers.set({ subgraph }, state === 'closed' ? 0 : state === 'open' ? 1 : 0.5),
    socketsOpen: (count: number) => sockets.set(count),
    socketClosed: (reason: (typeof socketClosures)[number]) => closures.inc({ reason }),
    subscribers: (count: number) => subscribers.set(count),
    alert: (outcome: (typeof alertOutcomes)[number]) => alerts.inc({ outcome }),
  };
}

function toOutcome({ data, errors }: { data?: unknown; errors?: readonly unknown[] | undefined }): Outcome {
  if (errors === undefined || errors.length === 0) return 'ok';
  const ours = errors.some((error) => isOurFault(error));
  if (!ours) return 'refused';
  return data === null || data === undefined ? 'failed' : 'partial';
}

const ourFaults: ReadonlySet<unknown> = new Set([
  'INTERNAL_SERVER_ERROR',
  'SUBGRAPH_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'SERVICE_UNAVAILABLE',
]);

function isOurFault(error: unknown): boolean {
  return !(error instanceof GraphQLError) || ourFaults.has(error.extensions['code']);
}
