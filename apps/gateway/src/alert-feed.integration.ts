import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { type AlertChange, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient, type Producer } from '@parapet/kafka';
import { createLogger, createMetrics } from '@parapet/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAlertFeed } from './subscriptions/alert-feed.ts';
import type { AnnouncedAlert } from './subscriptions/hydration-group.ts';
import { createGatewayTelemetry } from './telemetry.ts';
import { anAlertChange, until } from './testing/index.ts';

const log = createLogger({ service: 'test', level: 'silent' });
let dir: string;
let broker: Broker;
let kafka: KafkaClient;
let producer: Producer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parapet-gateway-'));
  broker = await startBroker({ dir });
  kafka = createKafka({ brokers: [broker.address], clientId: 'test', log });
  await kafka.ensureTopics([topics.alerts]);
  producer = await kafka.createProducer();
});
afterAll(async () => {
  await kafka.close();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

const publish = (...changes: (AlertChange | string)[]) =>
  producer.send(
    topics.alerts.name,
    changes.map((change) => ({
      key: typeof change === 'string' ? null : change.alert.id,
      value: typeof change === 'string' ? change : JSON.stringify(change),
    })),
  );

async function startFeed(groupId: string) {
  const announced: AnnouncedAlert[] = [];
  const metrics = createMetrics('gateway');
  const feed = await startAlertFeed({
    kafka,
    groupId,
    hub: { announce: (alert) => announced.push(alert) },
    telemetry: createGatewayTelemetry(metrics),
    log,
    onCrash: (error) => {
      throw error;
    },
  });
  return { feed, announced, metrics };
}

describe('the feed of alerts from Kafka', () => {
  it('announces what is raised after it has started, each once, and nothing of before', async () => {
    await publish(anAlertChange(1, 'before'));
    const { feed, announced, metrics } = await startFeed('g1');
    // At once: whoever subscribes when the feed has started must not miss this.
    await publish(
      anAlertChange(2, 'first', { severity: 'critical' }),
      anAlertChange(2, 'first', { severity: 'critical' }),
      anAlertChange(3, 'first', { change: 'updated' }),
      'not json',
      '{"schema":1}',
      anAlertChange(4, 'second', { change: 'status_changed' }),
      anAlertChange(5, 'third', { severity: 'low' }),
    );
    await until(() => announced.length >= 2);
    expect(announced).toEqual([
      { id: 'first', severity: 5 },
      { id: 'third', severity: 2 },
    ]);
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/alerts_total\{outcome="invalid".*\} 2/);
    expect(text).toMatch(/alerts_total\{outcome="duplicate".*\} 1/);
    await feed.stop(AbortSignal.timeout(5_000));
  });

  it('of two gateways hears everything twice', async () => {
    const one = await startFeed('g2');
    const two = await startFeed('g3');
    await publish(anAlertChange(10, 'shared'));
    await until(() => one.announced.length === 1 && two.announced.length === 1);
    await Promise.all([one.feed.stop(AbortSignal.timeout(5_000)), two.feed.stop(AbortSignal.timeout(5_000))]);
    await publish(anAlertChange(11, 'after'));
    expect(one.announced).toHaveLength(1);
  });
});
