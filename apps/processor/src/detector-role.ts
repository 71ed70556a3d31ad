import { setTimeout as sleep } from 'node:timers/promises';
import { type TopicDefinition, topics } from '@parapet/event-model';
import { createKafka, type KafkaClient, type PartitionLag } from '@parapet/kafka';
import { openLake } from '@parapet/lake';
import { type Lifecycle, type Logger, type Metrics, raceAbort, type Secret } from '@parapet/service';
import { startCompaction } from './compaction.ts';
import type { AnalyserSettings } from './create-analyser.ts';
import {
  consumerGroup,
  type DetectorWorker,
  startDetectorWorker,
  type WorkerSettings,
} from './detector-worker.ts';
import { createProcessTelemetry, type ProcessTelemetry } from './process-telemetry.ts';
import { openRuleFiles, type RuleFilesOptions } from './rule-files.ts';
import { createRulePublisher } from './rule-publisher.ts';
import { createRuleReloader } from './rule-reloader.ts';
import { startRuleWatch } from './rule-watch.ts';
import { startWorkerThread } from './worker-handle.ts';

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
  readonly rules: RuleFilesOptions & {
    /** Milliseconds between two looks for changes; 0 = only when asked to. */
    readonly pollMs: number;
  };
  readonly workers: { readonly count: number; readonly heapMb: number };
  readonly analyser: AnalyserSettings;
  readonly enrichmentFile?: string | undefined;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  /** Takes the listener that reads the rules again when asked from outside. */
  onHangup?(listener: () => void): void;
}

const compactionMemoryMb = 256;
const lagTimeoutMs = 2_000;
/** Files count as written when they look the same this long. */
const settleMs = 300;

/**
 * Starts the workers that read raw events, and registers with `lifecycle` how to stop in order. This thread keeps what
 * there is one of: rules, compaction, lag, metrics, log, life and death. Resolves when every worker has joined the group.
 */
export async function startDetectorRole(options: DetectorRoleOptions): Promise<void> {
  const { log, metrics, lifecycle, lakeDir } = options;
  const telemetry = createProcessTelemetry({ metrics, log });
  const named = Object.keys(options.analyser.sourceByTopic);
  const rawTopics = [...new Set([topics.rawEvents.name, ...named])];
  const { sasl, ...plain } = options.kafka;
  const connection: WorkerSettings['kafka'] = {
    ...plain,
    ...(sasl ? { sasl: { ...sasl, password: sasl.password.reveal() } } : {}),
  };

  const kafka = createKafka({
    ...connection,
    clientId: consumerGroup,
    log: log.child({ component: 'kafka' }),
  });
  lifecycle.onStop('close', 'kafka', () => kafka.close());
  const own: readonly TopicDefinition[] = Object.values(topics);
  // Those of people too: where the platform brings its broker along, nobody could make them before it runs.
  const others = named.filter((name) => own.every((topic) => topic.name !== name));
  await kafka.ensureTopics([...own, ...others.map((name) => ({ ...topics.rawEvents, name }))]);
  const count = await countWorkers(options.workers.count, { kafka, rawTopics, telemetry });

  const workers: DetectorWorker[] = [];
  const all = async (work: (worker: DetectorWorker) => Promise<unknown>): Promise<void> => {
    await Promise.all(workers.map(work));
  };
  lifecycle.onStop('close', 'workers', () => all((worker) => worker.close()));
  lifecycle.onStop('drain', 'workers', (deadline) => all((worker) => worker.drain(deadline)));
  for (let number = 1; number <= count; number++) {
    const settings: WorkerSettings = {
      number,
      kafka: connection,
      lakeDir,
      topics: rawTopics,
      analyser: options.analyser,
      enrichmentFile: options.enrichmentFile,
    };
    const deps = { settings, log, metrics, onFail: (error: Error) => lifecycle.fail(error) };
    // A single worker needs no thread beside this one, which has little else to do.
    workers.push(
      count === 1
        ? await startDetectorWorker(deps)
        : startWorkerThread({ ...deps, heapMb: options.workers.heapMb }),
    );
  }

  const publish = createRulePublisher({ producer: await kafka.createProducer(), log, now: Date.now });
  const reloader = createRuleReloader({
    files: openRuleFiles(options.rules),
    workers,
    telemetry,
    // Beside the start, not before it: who lists rules can wait, events cannot.
    publish: (rules) => void publish(rules),
    settle: () => sleep(settleMs),
    stopping: lifecycle.signal,
  });
  await reloader.start();

  const lake = await openLake({
    dir: lakeDir,
    memoryLimitMb: compactionMemoryMb,
    threads: 1,
    deadlineMs: 600_000,
  });
  lifecycle.onStop('close', 'lake', () => lake.close());
  const places = async () => (await Promise.all(workers.map((worker) => worker.places()))).flat();
  const compaction = startCompaction({ lake, places, telemetry, log });
  lifecycle.onStop('intake', 'compaction', () => compaction.stop());

  await all((worker) => worker.join());

  const watch = startRuleWatch(reloader, options.rules.pollMs);
  options.onHangup?.(() => watch.reload());
  lifecycle.onStop('intake', 'rule watch', () => watch.stop());
  gaugeLag(metrics, () => kafka.groupLag(consumerGroup, rawTopics));
  lifecycle.addCheck('kafka', () => kafka.ping());
  lifecycle.addCheck('workers', () => all((worker) => worker.ping()));
}

/** As many as wanted, but none that would have no partition to read. */
async function countWorkers(
  wanted: number,
  deps: {
    readonly kafka: KafkaClient;
    readonly rawTopics: readonly string[];
    readonly telemetry: ProcessTelemetry;
  },
): Promise<number> {
  const counts = await Promise.all(deps.rawTopics.map((topic) => deps.kafka.partitionCount(topic)));
  const partitions = counts.reduce((sum, count) => sum + count, 0);
  const count = Math.max(1, Math.min(wanted, partitions));
  deps.telemetry.workersStarted({ count, wanted, partitions });
  return count;
}

/** Read when the metrics are: how far behind the group is. */
function gaugeLag(metrics: Metrics, lag: () => Promise<readonly PartitionLag[]>): void {
  const behind = metrics.gauge({
    name: 'parapet_consumer_lag_records',
    help: 'Records of raw events that this consumer group has not committed.',
    labels: { topic: { maxValues: 100 }, partition: { maxValues: 1000 } },
    async collect() {
      try {
        const lags = await raceAbort(lag(), AbortSignal.timeout(lagTimeoutMs));
        for (const { topic, partition, lag: records } of lags) behind.set({ topic, partition }, records);
      } catch {
        // Kafka does not answer: the metrics keep the last figures, and readiness tells.
      }
    },
  });
}
