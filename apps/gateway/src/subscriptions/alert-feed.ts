import { AlertChange, severityId, topics } from '@parapet/event-model';
import type { Consumer, KafkaClient } from '@parapet/kafka';
import type { Logger } from '@parapet/service';
import type { GatewayTelemetry } from '../telemetry.ts';
import type { AlertHub } from './alert-hub.ts';
import { createSeenSequences } from './seen-sequences.ts';

export interface AlertFeed {
  /** Reads no more alerts. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface AlertFeedOptions {
  readonly kafka: Pick<KafkaClient, 'ensureTopics' | 'createConsumer' | 'deleteGroup'>;
  /** One that no other process uses: every gateway reads all alerts. */
  readonly groupId: string;
  readonly hub: Pick<AlertHub, 'announce'>;
  readonly telemetry: Pick<GatewayTelemetry, 'alert'>;
  readonly log: Logger;
  readonly onCrash: (error: Error) => void;
}

/**
 * Announces every alert that is raised from now on. Resolves when reading has begun at the topic's end: who subscribes after
 * that misses nothing.
 */
export async function startAlertFeed(options: AlertFeedOptions): Promise<AlertFeed> {
  const { kafka, groupId, log } = options;
  await kafka.ensureTopics([topics.alerts]);
  const announce = createAnnouncer(options);
  const consumer: Consumer = await kafka.createConsumer({
    groupId,
    topics: [topics.alerts.name],
    fromBeginning: false,
    startAtEnd: true,
    onBatch: async ({ records }) => {
      for (const { value } of records) announce(value);
    },
    onCrash: options.onCrash,
  });
  return {
    async stop(deadline) {
      await consumer.drain(deadline);
      await consumer.close();
      // The group was this process's alone. A broker that cannot delete groups lets it expire.
      await kafka.deleteGroup(groupId).catch((err: unknown) => {
        log.debug({ err, groupId }, 'the consumer group was left to expire');
      });
    },
  };
}

/** Takes the bytes of one record of the alerts topic. */
export function createAnnouncer(
  options: Pick<AlertFeedOptions, 'hub' | 'telemetry' | 'log'>,
): (value: Uint8Array | null) => void {
  const { hub, telemetry, log } = options;
  const seen = createSeenSequences(10_000);
  return (value) => {
    if (value === null) return;
    const change = parseChange(value);
    if ('problem' in change) {
      telemetry.alert('invalid');
      log.warn({ problem: change.problem }, 'a record of the alerts topic is not an alert change');
      return;
    }
    if (!seen.add(change.sequence)) {
      telemetry.alert('duplicate');
      return;
    }
    if (change.change !== 'raised') return;
    hub.announce({ id: change.alert.id, severity: severityId(change.alert.severity) });
  };
}

function parseChange(value: Uint8Array): AlertChange | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
  } catch {
    return { problem: 'not JSON' };
  }
  const parsed = AlertChange.safeParse(json);
  return parsed.success
    ? parsed.data
    : { problem: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') };
}
