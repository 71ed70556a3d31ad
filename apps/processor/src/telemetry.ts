import { type DeadLetterReason, deadLetterReasons, type Finding, severities } from '@parapet/event-model';
import type { Logger, Metrics } from '@parapet/service';

export const stages = ['analyse', 'lake', 'findings', 'observations', 'dead_letters', 'total'] as const;
export type Stage = (typeof stages)[number];

export type Telemetry = ReturnType<typeof createTelemetry>;

/** What a worker tells about its work: each event is metric and log line together. */
export function createTelemetry({ metrics, log }: { readonly metrics: Metrics; readonly log: Logger }) {
  const events = metrics.counter({
    name: 'parapet_events_total',
    help: 'Events processed, by source profile.',
    labels: { source: { maxValues: 200 } },
  });
  const records = metrics.counter({ name: 'parapet_records_total', help: 'Kafka records processed.' });
  const bytes = metrics.counter({
    name: 'parapet_record_bytes_total',
    help: 'Bytes of the Kafka records processed.',
  });
  const deadLetters = metrics.counter({
    name: 'parapet_dead_letters_total',
    help: 'Events and records that could not be used, by reason.',
    labels: { reason: deadLetterReasons },
  });
  const findings = metrics.counter({
    name: 'parapet_findings_total',
    help: 'Findings published, by level.',
    labels: { level: severities },
  });
  const observations = metrics.counter({
    name: 'parapet_observations_total',
    help: 'Asset observations, by whether they were published or had been told within the last minute.',
    labels: { outcome: ['published', 'known'] },
  });
  const seconds = metrics.histogram({
    name: 'parapet_batch_seconds',
    help: 'Time per batch and stage.',
    labels: { stage: stages },
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  });
  return {
    async timed<T>(stage: Stage, work: () => T | Promise<T>): Promise<T> {
      const start = performance.now();
      try {
        return await work();
      } finally {
        seconds.observe({ stage }, (performance.now() - start) / 1000);
      }
    },
    batchDone(batch: {
      readonly place: string;
      readonly records: number;
      readonly bytes: number;
      readonly events: ReadonlyMap<string, number>;
      readonly findings: readonly Finding[];
      readonly observations: { readonly published: number; readonly known: number };
      readonly deadLetters: readonly DeadLetterReason[];
    }): void {
      records.inc(batch.records);
      bytes.inc(batch.bytes);
      for (const [source, count] of batch.events) events.inc({ source }, count);
      for (const { rule } of batch.findings) findings.inc({ level: rule.level });
      for (const reason of batch.deadLetters) deadLetters.inc({ reason });
      observations.inc({ outcome: 'published' }, batch.observations.published);
      observations.inc({ outcome: 'known' }, batch.observations.known);
      log.debug(
        {
          place: batch.place,
          records: batch.records,
          bytes: batch.bytes,
          findings: batch.findings.length,
          deadLetters: batch.deadLetters.length,
        },
        'Processed a batch',
      );
    },
    recordFailed(failure: { readonly place: string; readonly offset: number; readonly err: unknown }): void {
      log.error(
        failure,
        'A record could not be processed because of a fault of ours; it goes to the dead letters',
      );
    },
  };
}
