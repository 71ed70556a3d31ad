import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultRiskWeights } from '@parapet/detection';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { topics } from '@parapet/event-model';
import { createKafka, type KafkaClient } from '@parapet/kafka';
import { createLifecycle, createLogger, createMetrics } from '@parapet/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DetectorRoleOptions, startDetectorRole } from './detector-role.ts';

const silent = createLogger({ service: 'test', level: 'silent' });
let dir: string;
let broker: Broker;
let kafka: KafkaClient;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-role-'));
  broker = await startBroker({ dir: path.join(dir, 'kafka') });
  kafka = createKafka({ brokers: [broker.address], clientId: 'test', log: silent });
  await kafka.ensureTopics([{ ...topics.rawEvents, partitions: 2 }]);
});
afterAll(async () => {
  await kafka.close();
  await broker.stop();
  await rm(dir, { recursive: true });
});

function build(over: Partial<DetectorRoleOptions> = {}) {
  const lines: string[] = [];
  const options: DetectorRoleOptions = {
    kafka: { brokers: [broker.address], ssl: false },
    lakeDir: path.join(dir, 'lake'),
    rules: { folders: [path.resolve(import.meta.dirname, '../../../rules')], pollMs: 0 },
    workers: { count: 3, heapMb: 256 },
    analyser: { limits: {}, sourceByTopic: {}, riskWeights: defaultRiskWeights },
    log: createLogger({ service: 'processor', level: 'warn', stream: { write: (line) => lines.push(line) } }),
    metrics: createMetrics('processor'),
    ...over,
    lifecycle: createLifecycle({ log: silent, deadlineMs: 10_000 }),
  };
  return { options, lifecycle: options.lifecycle as ReturnType<typeof createLifecycle>, lines };
}

describe('the start of a processor', () => {
  it('starts no worker that would have no partition of a topic that was made with fewer, and says so', async () => {
    const { options, lifecycle, lines } = build();
    await startDetectorRole(options);
    expect(await options.metrics.page()).toContain('parapet_workers{service="processor"} 2\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        count: 2,
        wanted: 3,
        partitions: 2,
        msg: expect.stringContaining('add partitions'),
      }),
    ]);
    expect(await lifecycle.stop('the end of the test')).toBe(0);
  });

  it('makes the topics whose source is named, as it makes its own, and leaves those that are there', async () => {
    await kafka.ensureTopics([{ ...topics.rawEvents, name: 'logs.narrow', partitions: 1 }]);
    const { options, lifecycle } = build({
      workers: { count: 1, heapMb: 256 },
      analyser: {
        limits: {},
        sourceByTopic: {
          'logs.new': 'suricata',
          'logs.narrow': 'windows-sysmon',
          [topics.rawEvents.name]: 'zeek',
        },
        riskWeights: defaultRiskWeights,
      },
    });
    await startDetectorRole(options);
    expect(await kafka.partitionCount('logs.new')).toBe(topics.rawEvents.partitions);
    expect(await kafka.partitionCount('logs.narrow')).toBe(1);
    expect(await lifecycle.stop('the end of the test')).toBe(0);
  });

  it('fails with what to correct when a rule folder is missing, and leaves nothing open', async () => {
    const { options, lifecycle } = build({ rules: { folders: [path.join(dir, 'none')], pollMs: 0 } });
    await expect(startDetectorRole(options)).rejects.toThrow(/none cannot be read .*RULES_DIRS/);
    expect(await lifecycle.stop('the end of the test')).toBe(0);
  });
});
