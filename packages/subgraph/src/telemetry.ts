import type { Metrics } from '@parapet/service';

export const operationKinds = [
  'query',
  'mutation',
  'subscription',
  'entities',
  'service',
  'invalid',
] as const;
export type OperationKind = (typeof operationKinds)[number];
export const outcomes = ['ok', 'user_error', 'fault'] as const;
export type Outcome = (typeof outcomes)[number];

export interface SubgraphTelemetry {
  requestAnswered(kind: OperationKind, outcome: Outcome, seconds: number): void;
  requestRefused(status: number): void;
  fieldResolved(coordinate: string): void;
}

/** @param coordinates the fields that are counted: those of the root types, and entities as `_entities.Type`. */
export function createTelemetry(metrics: Metrics, coordinates: readonly string[]): SubgraphTelemetry {
  const seconds = metrics.histogram({
    name: 'parapet_subgraph_request_seconds',
    help: 'Time from a request’s body to its answer, by kind of operation and outcome.',
    labels: { kind: operationKinds, outcome: outcomes },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const refused = metrics.counter({
    name: 'parapet_subgraph_requests_refused_total',
    help: 'Requests that ended before any GraphQL of them ran, by HTTP status.',
    labels: { status: ['400', '401', '404', '405', '413', '415', '500', '504'] },
  });
  const fields = metrics.counter({
    name: 'parapet_subgraph_fields_resolved_total',
    help: 'Root fields resolved, and entities asked for.',
    labels: { field: coordinates },
  });
  return {
    requestAnswered: (kind, outcome, value) => seconds.observe({ kind, outcome }, value),
    requestRefused: (status) => refused.inc({ status: String(status) as '400' }),
    fieldResolved: (field) => fields.inc({ field }),
  };
}
