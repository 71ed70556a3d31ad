import type { Producer } from '@parapet/kafka';
import { createRateLimiter } from './rate-limiter.ts';

export interface ReplayRecord {
  readonly value: Uint8Array;
  /** What the record says it comes from. */
  readonly file: string;
  readonly line: number;
}

export interface ReplayTotals {
  readonly records: number;
  readonly bytes: number;
}

export interface ReplayOptions {
  readonly producer: Pick<Producer, 'send'>;
  readonly topic: string;
  readonly records: AsyncIterable<ReplayRecord> | Iterable<ReplayRecord>;
  /** Records a second; as fast as the broker takes them when absent. */
  readonly rate?: number | undefined;
  readonly signal?: AbortSignal;
  onProgress?(totals: ReplayTotals): void;
}

const batchBytes = 512 * 1024;
const batchRecords = 2000;
/** Batches that may wait for their acknowledgement: what bounds the memory. */
const maxInFlight = 4;

/** Sends every record once and resolves when all are acknowledged. Memory is bounded however large the input is. */
export async function replay(options: ReplayOptions): Promise<ReplayTotals> {
  const { producer, topic, rate, signal } = options;
  const limiter = createRateLimiter(rate);
  // With a rate, small batches make the flow even: a batch of a twentieth of a second.
  const limit = rate === undefined ? batchRecords : Math.max(1, Math.min(batchRecords, Math.ceil(rate / 20)));
  const inFlight = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let records = 0;
  let bytes = 0;
  let batch: ReplayRecord[] = [];
  let size = 0;

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const sent = batch;
    const sentBytes = size;
    batch = [];
    size = 0;
    await limiter.pass(sent.length, signal);
    if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
    if (failure) throw failure.error;
    const sending: Promise<void> = producer
      .send(
        topic,
        sent.map(({ value, file, line }) => ({
          value,
          headers: { 'parapet-file': file, 'parapet-line': String(line) },
        })),
      )
      .then(
        () => {
          records += sent.length;
          bytes += sentBytes;
          options.onProgress?.({ records, bytes });
        },
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => inFlight.delete(sending));
    inFlight.add(sending);
  }

  for await (const record of options.records) {
    signal?.throwIfAborted();
    batch.push(record);
    size += record.value.length;
    if (batch.length >= limit || size >= batchBytes) await flush();
  }
  await flush();
  await Promise.all(inFlight);
  if (failure) throw failure.error;
  return { records, bytes };
}
