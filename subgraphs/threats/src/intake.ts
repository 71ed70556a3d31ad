import { Finding, RuleLoaded, topics } from '@parapet/event-model';
import type { ConsumedBatch } from '@parapet/kafka';
import type { Logger } from '@parapet/service';
import { applyMessages, type MessageRecord, readMessages } from '@parapet/subgraph';
import type { AlertWriter } from './alert-writer.ts';
import type { RuleStore } from './rule-store.ts';
import type { ThreatsTelemetry } from './telemetry.ts';

/** The topics that threats reads. */
export const intakeTopics = [topics.findings.name, topics.rules.name];

/** Applies one batch of findings or loaded rules. Resolves when all of it is durable; rejects when it is to come again. */
export function createIntake(deps: {
  alerts: Pick<AlertWriter, 'applyFindings'>;
  rules: RuleStore;
  log: Logger;
  telemetry: ThreatsTelemetry;
}): (batch: Pick<ConsumedBatch, 'topic' | 'records'>) => Promise<void> {
  const { alerts, rules, log, telemetry } = deps;

  function skip(topic: 'findings' | 'rules', at: Omit<MessageRecord, 'value'>, problem: unknown): void {
    telemetry.messageSkipped(topic);
    const { partition, offset } = at;
    log.error({ topic, partition, offset, err: problem }, 'a message can never be used and is left out');
  }

  return async ({ topic, records }) => {
    if (topic === topics.rules.name) {
      const loaded = readMessages(RuleLoaded, records, (record, problem) => skip('rules', record, problem));
      await applyMessages(
        loaded,
        (some) => rules.keepLoaded(some.map(({ value }) => value)),
        (message, error) => skip('rules', message, error),
      );
      return;
    }
    const findings = readMessages(Finding, records, (record, problem) => skip('findings', record, problem));
    await applyMessages(
      findings,
      async (some) => {
        const values = some.map(({ value }) => value);
        const applied = await alerts.applyFindings(values);
        telemetry.findingsApplied(values.length, applied);
        await rules.keepFired(values.map(({ rule }) => rule));
      },
      (message, error) => skip('findings', message, error),
    );
  };
}
