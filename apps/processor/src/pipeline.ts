import { createObservationThrottle } from '@parapet/detection';
import { type DeadLetter, type Finding, type Observation, type TopicKey, topics } from '@parapet/event-model';
import { type ConsumedBatch, KafkaError, type Producer } from '@parapet/kafka';
import type { Analysis } from './analyse.ts';
import type { Analyser } from './create-analyser.ts';
import { toDeadLetter } from './dead-letters.ts';
import { fitFinding } from './fit-finding.ts';
import type { LakeWriters } from './lake-writers.ts';
import type { Telemetry } from './telemetry.ts';

export interface PipelineDeps {
  /** Asked once a batch, so that rules change between batches only. */
  readonly analyser: () => Pick<Analyser, 'analyse'>;
  readonly producer: Pick<Producer, 'send'>;
  readonly writers: Pick<LakeWriters, 'append'>;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

/** Tried in turn where the findings topic refuses a message for its size. Detection keeps findings below 900 kB. */
const smallerFindingBytes = [100_000, 10_000];

/**
 * One batch of raw records to its effects: lake rows, findings, observations, dead letters. Resolves when all of them are
 * durable. Called again with the same records it makes the same effects, each of which counts once.
 */
export function createPipeline(deps: PipelineDeps) {
  const { producer, writers, telemetry, now } = deps;
  let throttle = createObservationThrottle();

  async function publish(
    analysis: Analysis,
    batch: ConsumedBatch,
  ): Promise<{ published: number; known: number }> {
    const fresh = throttle.admit(analysis.observations);
    try {
      await Promise.all([
        telemetry.timed('lake', () => writers.append(batch, analysis.rows)),
        telemetry.timed('findings', () => sendFindings(analysis.findings)),
        telemetry.timed('observations', () => sendObservations(fresh)),
        telemetry.timed('dead_letters', () => sendDeadLetters(analysis, batch.topic)),
      ]);
    } catch (error) {
      // It takes what it let through for told. Forgetting everything repeats some observations, which changes nothing.
      throttle = createObservationThrottle();
      throw error;
    }
    return { published: fresh.length, known: analysis.observations.length - fresh.length };
  }

  async function sendFindings(findings: readonly Finding[], smaller = smallerFindingBytes): Promise<void> {
    try {
      await send(
        'findings',
        findings.map((finding) => ({ key: finding.fingerprint, value: JSON.stringify(finding) })),
      );
    } catch (error) {
      const [maxBytes, ...rest] = smaller;
      if (maxBytes === undefined || !(error instanceof KafkaError && error.code === 'MESSAGE_TOO_LARGE'))
        throw error;
      await sendFindings(
        findings.flatMap((finding) => fitFinding(finding, maxBytes)),
        rest,
      );
    }
  }

  const sendObservations = (observations: readonly Observation[]): Promise<void> =>
    send(
      'observations',
      observations.map((observation) => ({
        key: observation.names[0]?.handle ?? null,
        value: JSON.stringify(observation),
      })),
    );

  const sendDeadLetters = (analysis: Analysis, topic: string): Promise<void> =>
    send(
      'deadLetters',
      analysis.rejected.map((rejected) => ({
        key: null,
        value: JSON.stringify(toDeadLetter(rejected, topic, now()) satisfies DeadLetter),
      })),
    );

  async function send(topic: TopicKey, messages: { key: string | null; value: string }[]): Promise<void> {
    if (messages.length > 0) await producer.send(topics[topic].name, messages);
  }

  return {
    async process(batch: ConsumedBatch): Promise<void> {
      await telemetry.timed('total', async () => {
        const place = `${batch.topic}/${batch.partition}`;
        const analysis = await telemetry.timed('analyse', () =>
          deps.analyser().analyse(batch, ({ offset }, err) => telemetry.recordFailed({ place, offset, err })),
        );
        const observations = await publish(analysis, batch);
        telemetry.batchDone({
          place,
          records: batch.records.length,
          bytes: batch.records.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0),
          events: countBy(analysis.rows, ({ source }) => source),
          findings: analysis.findings,
          observations,
          deadLetters: analysis.rejected.map(({ reason }) => reason),
        });
      });
    },
  };
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
