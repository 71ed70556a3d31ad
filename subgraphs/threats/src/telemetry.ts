import type { Metrics } from '@parapet/service';
import type { AppliedFindings } from './alert-writer.ts';
import type { UnnumberedChange } from './outbox.ts';

const topicLabels = ['findings', 'rules'] as const;
const changeKinds = ['raised', 'updated', 'status_changed'] as const;

export interface ThreatsTelemetry {
  findingsApplied(findings: number, applied: AppliedFindings): void;
  /** A message that can never be used was left out. */
  messageSkipped(topic: (typeof topicLabels)[number]): void;
  changePublished(change: UnnumberedChange, at: number): void;
}

export function createThreatsTelemetry(metrics: Metrics): ThreatsTelemetry {
  const findings = metrics.counter({
    name: 'parapet_threats_findings_total',
    help: 'Findings applied, also those that changed nothing because they came again.',
  });
  const events = metrics.counter({
    name: 'parapet_threats_events_counted_total',
    help: 'Matching events counted on alerts, each once.',
  });
  const raised = metrics.counter({
    name: 'parapet_threats_alerts_raised_total',
    help: 'Alerts raised: new ones, and resolved ones that matched again.',
  });
  const skipped = metrics.counter({
    name: 'parapet_threats_messages_skipped_total',
    help: 'Messages that did not validate or that the database refused, by topic.',
    labels: { topic: topicLabels },
  });
  const published = metrics.counter({
    name: 'parapet_threats_changes_published_total',
    help: 'Alert changes published, by kind.',
    labels: { change: changeKinds },
  });
  const latency = metrics.histogram({
    name: 'parapet_threats_raise_seconds',
    help: 'Time from the earliest event behind a raised alert reaching Kafka to the alert on parapet.alerts.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60],
  });
  return {
    findingsApplied(count, applied) {
      findings.inc(count);
      events.inc(applied.newEvents);
      raised.inc(applied.raised);
    },
    messageSkipped: (topic) => skipped.inc({ topic }),
    changePublished(change, at) {
      published.inc({ change: change.change });
      if (change.change === 'raised' && change.receivedAt !== undefined) {
        latency.observe(Math.max(0, at - change.receivedAt) / 1000);
      }
    },
  };
}
