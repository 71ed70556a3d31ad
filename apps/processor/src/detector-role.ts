import { createDetector, toRuleSnapshot } from '@parapet/detection';
import { createDecoder, type RuleLoaded, topics } from '@parapet/event-model';
import { type Consumer, createKafka, type PartitionLag, type Producer } from '@parapet/kafka';
import { openLake } from '@parapet/lake';
import { type Lifecycle, type Logger, type Metrics, raceAbort, type Secret } from '@parapet/service';
import { compileRules, type RuleSet } from '@parapet/sigma';
import { startCompaction } from './compaction.ts';
import { createLakeWriters } from './lake-writers.ts';
import { createPipeline } from './pipeline.ts';
import { loadRuleFiles } from './rule-files.ts';
import { createTelemetry } from './telemetry.ts';

export interface DetectorRoleOptions {
  readonly kafka: {
    readonly brokers: readonly string[];
    readonly ssl: boolean;
    readonly sasl?: {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    };
  };
  readonly lakeDir: string;
  readonly rulesDirs: readonly string[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

export const consumerGroup = 'parapet-processor';
const compactionMemoryMb = 256;
const lagTimeoutMs = 2_000;

/** Starts reading raw events, and registers with `lifecycle` how to stop in order. Resolves when the group is joined. */
export async function startDetectorRole(options: DetectorRoleOptions): Promise<void> {
  const { log, metrics, lifecycle, lakeDir } = options;
  const { brokers, ssl, sasl } = options.kafka;
  const telemetry = createTelemetry({ metrics, log });

  const kafka = createKafka({
    brokers,
    clientId: consumerGroup,
    ssl,
    ...(sasl ? { sasl: { ...sasl, password: sasl.password.reveal() } } : {}),
    log: log.child({ component: 'kafka' }),
  });
  lifecycle.onStop('close', 'kafka', () => kafka.close());

  const rules = await loadRules(options.rulesDirs, telemetry);
  await kafka.ensureTopics(Object.values(topics));
  const producer = await kafka.createProducer();
  publishRules(rules, producer, log);

  const lake = await openLake({
    dir: lakeDir,
    memoryLimitMb: compactionMemoryMb,
    threads: 1,
    deadlineMs: 600_000,
  });
  lifecycle.onStop('close', 'lake', () => lake.close());
  const writers = createLakeWriters({ dir: lakeDir, log: log.child({ component: 'lake' }) });
  lifecycle.onStop('close', 'lake writers', () => writers.close());
  const compaction = startCompaction({ lake, writers, telemetry, log });
  lifecycle.onStop('intake', 'compaction', () => compaction.stop());

  const pipeline = createPipeline({
    decoder: createDecoder({ fields: (logSources) => rules.forLogSources(logSources).fields }),
    detector: createDetector(rules),
    producer,
    writers,
    telemetry,
    now: Date.now,
  });
  const consumer = await kafka.createConsumer({
    groupId: consumerGroup,
    topics: [topics.rawEvents.name],
    onBatch: (batch) => pipeline.process(batch),
    onRevoked: (places) => void writers.release(places.map(({ partition }) => partition)),
    onCrash: (error) => lifecycle.fail(error),
  });
  lifecycle.onStop('close', 'consumer', () => consumer.close());
  lifecycle.onStop('drain', 'consumer', (deadline) => consumer.drain(deadline));

  gaugeConsumer({ metrics, consumer, lag: () => kafka.groupLag(consumerGroup, [topics.rawEvents.name]) });
  lifecycle.addCheck('kafka', () => kafka.ping());
}

async function loadRules(
  dirs: readonly string[],
  telemetry: ReturnType<typeof createTelemetry>,
): Promise<RuleSet> {
  const { rules, errors, files } = await loadRuleFiles(dirs);
  const compiled = compileRules(rules);
  telemetry.rulesLoaded({ loaded: compiled.rules.length, files, errors: [...errors, ...compiled.errors] });
  return compiled;
}

/** Beside the start, not before it: who lists rules can wait, events cannot. */
function publishRules(rules: RuleSet, producer: Producer, log: Logger): void {
  const loadedAt = Date.now();
  const messages = rules.rules.map((rule) => {
    const loaded: RuleLoaded = { schema: 1, rule: toRuleSnapshot(rule), loadedAt };
    return { key: rule.id, value: JSON.stringify(loaded) };
  });
  producer.send(topics.rules.name, messages).catch((err: unknown) => {
    log.warn(
      { err, rules: messages.length },
      'The list of rules could not be published; findings still carry theirs',
    );
  });
}

/** Read when the metrics are: what is in flight, and how far behind the group is. */
function gaugeConsumer(deps: {
  readonly metrics: Metrics;
  readonly consumer: Consumer;
  readonly lag: () => Promise<readonly PartitionLag[]>;
}): void {
  const { metrics, consumer, lag } = deps;
  const inFlight = metrics.gauge({
    name: 'parapet_in_flight_bytes',
    help: 'Bytes of records between fetched and committed.',
    collect: (): void => inFlight.set(consumer.inFlight().bytes),
  });
  const behind = metrics.gauge({
    name: 'parapet_consumer_lag_records',
    help: 'Records of the raw topic that this consumer group has not committed.',
    labels: { partition: { maxValues: 1000 } },
    async collect() {
      try {
        const lags = await raceAbort(lag(), AbortSignal.timeout(lagTimeoutMs));
        for (const { partition, lag: records } of lags) behind.set({ partition }, records);
      } catch {
        // Kafka does not answer: the metrics keep the last figures, and readiness tells.
      }
    },
  });
}
