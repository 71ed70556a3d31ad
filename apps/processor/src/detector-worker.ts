import { engineBatchBytes } from '@parapet/detection';
import { openEnricher } from '@parapet/enrichment/files';
import { type Consumer, createKafka, type KafkaSasl } from '@parapet/kafka';
import type { Logger, Metrics } from '@parapet/service';
import { type Analyser, type AnalyserSettings, createAnalyser, type RuleSource } from './create-analyser.ts';
import { gaugeEnrichment } from './gauge-enrichment.ts';
import { createLakeWriters, type LakePlace } from './lake-writers.ts';
import { createPipeline } from './pipeline.ts';
import { createTelemetry } from './telemetry.ts';

export const consumerGroup = 'parapet-processor';

/** Plain data: it is sent to the worker's thread. */
export interface WorkerSettings {
  /** From 1. */
  readonly number: number;
  readonly kafka: { readonly brokers: readonly string[]; readonly ssl: boolean; readonly sasl?: KafkaSasl };
  readonly lakeDir: string;
  /** The topics of raw events. */
  readonly topics: readonly string[];
  readonly analyser: AnalyserSettings;
  /** Configuration of enrichment; without one only the built-in network zones are known. */
  readonly enrichmentFile?: string | undefined;
}

export type PreparedRules = Pick<Analyser, 'rules' | 'errors'>;

/** One line of work: a member of the consumer group with a decoder, rules, producer and lake writers of its own. */
export interface DetectorWorker {
  /** Compiles rules and keeps them aside. This takes the worker's thread; rules in use stay in use. */
  prepare(source: RuleSource): Promise<PreparedRules>;
  /** From the next batch on, the prepared rules are used. */
  swap(): Promise<void>;
  /** Forgets the prepared rules. */
  discard(): Promise<void>;
  /** Joins the consumer group and starts to work. There must be rules in use. */
  join(): Promise<void>;
  /** The partitions of the lake that it writes. */
  places(): Promise<LakePlace[]>;
  /** Resolves unless its thread is gone or stuck. */
  ping(): Promise<void>;
  /** Takes nothing more, finishes and commits what it has, until `deadline`. */
  drain(deadline: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface DetectorWorkerDeps {
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** It cannot go on. */
  readonly onFail: (error: Error) => void;
}

/** Connects to Kafka. Effects of a batch are durable before its offsets are committed; see `createPipeline`. */
export async function startDetectorWorker(deps: DetectorWorkerDeps): Promise<DetectorWorker> {
  const { settings, log, metrics, onFail } = deps;
  const { brokers, ssl, sasl } = settings.kafka;
  const telemetry = createTelemetry({ metrics, log });
  let inUse: Analyser | undefined;
  let prepared: Analyser | undefined;
  let consumer: Consumer | undefined;

  const kafka = createKafka({
    brokers,
    // Kafka names members after it, so that its tools tell the workers apart.
    clientId: `${consumerGroup}-${settings.number}`,
    ssl,
    ...(sasl ? { sasl } : {}),
    log: log.child({ component: 'kafka' }),
  });
  const writers = createLakeWriters({ dir: settings.lakeDir, log: log.child({ component: 'lake' }) });
  const enricher = await openEnricher({
    file: settings.enrichmentFile,
    log: enrichmentLog(log, settings.number),
  });
  gaugeEnrichment(metrics, enricher);
  const producer = await kafka.createProducer().catch(async (error: unknown) => {
    await enricher.close();
    await kafka.close();
    throw error;
  });
  const pipeline = createPipeline({
    analyser: () => {
      if (inUse === undefined) throw new Error('A worker has rules before it joins.');
      return inUse;
    },
    producer,
    writers,
    telemetry,
    now: Date.now,
  });
  const inFlight = metrics.gauge({
    name: 'parapet_in_flight_bytes',
    help: 'Bytes of records between fetched and committed.',
    collect: (): void => inFlight.set(consumer?.inFlight().bytes ?? 0),
  });

  return {
    async prepare(source) {
      prepared = createAnalyser(source, settings.analyser, enricher);
      return { rules: prepared.rules, errors: prepared.errors };
    },
    async swap() {
      if (prepared !== undefined) {
        // A batch is analysed in one go, so that none is under way.
        inUse?.close();
        inUse = prepared;
      }
      prepared = undefined;
    },
    async discard() {
      prepared?.close();
      prepared = undefined;
    },
    async join() {
      consumer = await kafka.createConsumer({
        groupId: consumerGroup,
        topics: settings.topics,
        maxBatchBytes: engineBatchBytes,
        // As much again, so that it is fetched while a batch is handled.
        maxInFlightBytes: 2 * engineBatchBytes,
        onBatch: (batch) => pipeline.process(batch),
        onRevoked: (places) => void writers.release(places),
        onCrash: onFail,
      });
    },
    places: async () => writers.open(),
    ping: async () => {},
    async drain(deadline) {
      await consumer?.drain(deadline);
    },
    async close() {
      await consumer?.close();
      await writers.close();
      await enricher.close();
      await kafka.close();
    },
  };
}

/** All workers read the same data: one of them tells people what is wrong with it. */
function enrichmentLog(log: Logger, number: number): Pick<Logger, 'info' | 'warn'> {
  const own = log.child({ component: 'enrichment' });
  if (number === 1) return own;
  return {
    info: own.info.bind(own),
    warn: (fields: object, message?: string) => own.warn({ ...fields, notice: undefined }, message),
  };
}
