import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import type { TopicDefinition } from '@parapet/event-model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ConsumedBatch, ConsumerOptions } from './consumer.ts';
import { createKafka, type KafkaClient } from './kafka-client.ts';

let dir: string;
let broker: Broker;
let kafka: KafkaClient;
let topic: string;
let unique = 0;

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const brokersOf = (running: Broker): string[] => [`127.0.0.1:${running.port}`];
const definition = (name: string, partitions = 1): TopicDefinition => ({
  name,
  key: '',
  partitions,
  retentionMs: -1,
});

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-kafka-'));
  broker = await startBroker({ dir });
});
afterAll(async () => {
  await broker.stop();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  unique += 1;
  topic = `topic-${unique}`;
  kafka = createKafka({ brokers: brokersOf(broker), clientId: 'test', log: quiet });
  await kafka.ensureTopics([definition(topic, 2)]);
});
afterEach(() => kafka.close());

/** Collects what a group is given; `until` resolves when that many records have come. */
async function consume(over: Partial<ConsumerOptions> = {}) {
  const batches: ConsumedBatch[] = [];
  const values: string[] = [];
  const consumer = await kafka.createConsumer({
    groupId: `group-of-${topic}`,
    topics: [topic],
    onBatch: async (batch) => {
      batches.push(batch);
      values.push(...batch.records.map(({ value }) => Buffer.from(value ?? '').toString()));
    },
    onCrash: (error) => {
      throw error;
    },
    ...over,
  });
  const until = (count: number): Promise<void> =>
    vi.waitFor(() => expect(values.length).toBeGreaterThanOrEqual(count), { timeout: 15_000, interval: 20 });
  return { consumer, batches, values, until };
}

async function produce(values: readonly string[], name = topic): Promise<void> {
  const producer = await kafka.createProducer();
  await producer.send(
    name,
    values.map((value) => ({ value, partition: 0 })),
  );
  await producer.close();
}

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

describe('records', () => {
  it('arrive as they were sent: value, key, headers, time, place', async () => {
    const producer = await kafka.createProducer();
    const written = await producer.send(topic, [
      {
        key: 'k',
        value: new Uint8Array([0, 255]),
        headers: { 'parapet-file': 'a.json' },
        partition: 1,
        timestamp: 1234,
      },
      { key: null, value: null, partition: 1, timestamp: 1235 },
    ]);
    expect(written).toEqual([{ partition: 1, baseOffset: 0 }]);
    const { batches, until } = await consume();
    await until(2);
    const topicId = await kafka.topicId(topic);
    expect(batches).toMatchObject([{ topic, topicId, partition: 1, keys: ['k', null] }]);
    expect(batches[0]?.records).toEqual([
      {
        topicId,
        partition: 1,
        offset: 0,
        timestamp: 1234,
        value: Buffer.from([0, 255]),
        headers: { 'parapet-file': 'a.json' },
      },
      { topicId, partition: 1, offset: 1, timestamp: 1235, value: null, headers: {} },
    ]);
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'arrive compressed with %s',
    async (compression) => {
      const producer = await kafka.createProducer({ compression });
      const values = Array.from({ length: 300 }, (_, i) => `${compression} ${i} ${'x'.repeat(200)}`);
      await producer.send(
        topic,
        values.map((value) => ({ value, partition: 0 })),
      );
      const received = await consume();
      await received.until(300);
      expect(received.values).toEqual(values);
    },
  );

  it('go to the partition the Java client would choose for their key', async () => {
    await kafka.ensureTopics([definition(`${topic}-wide`, 12)]);
    const producer = await kafka.createProducer();
    // Utils.murmur2 of the Java client, from its own tests; the partition is its positive part modulo 12.
    const hashes = {
      '21': -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    };
    for (const [key, hash] of Object.entries(hashes)) {
      expect(await producer.send(`${topic}-wide`, [{ key, value: '' }])).toMatchObject([
        { partition: (hash & 0x7fffffff) % 12 },
      ]);
    }
  });

  it('of one large send are written in bounded batches, in order', async () => {
    const values = Array.from({ length: 40 }, (_, i) => `${i}:${'x'.repeat(100_000)}`);
    await produce(values);
    const received = await consume();
    await received.until(40);
    expect(received.values.map((value) => value.split(':')[0])).toEqual(values.map((_, i) => String(i)));
  });

  it('of 2 MB pass', async () => {
    await produce(['x'.repeat(2 * 1024 * 1024)]);
    const { values, until } = await consume();
    await until(1);
    expect(values[0]).toHaveLength(2 * 1024 * 1024);
  });

  it('that are too large fail alone, with a clear error', async () => {
    const producer = await kafka.createProducer();
    const sends = await Promise.allSettled([
      producer.send(topic, [{ value: 'first' }]),
      producer.send(topic, [{ value: 'small' }]),
      producer.send(topic, [{ value: Buffer.alloc(20 * 1024 * 1024) }]),
    ]);
    expect(sends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(sends[2]).toMatchObject({ reason: { code: 'MESSAGE_TOO_LARGE' } });
  });

  it('of concurrent sends are each acknowledged with their own offset', async () => {
    const producer = await kafka.createProducer();
    const written = await Promise.all(
      Array.from({ length: 50 }, (_, i) => producer.send(topic, [{ value: `${i}`, partition: 0 }])),
    );
    expect(written.flat().map(({ baseOffset }) => baseOffset)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});

describe('a consumer', () => {
  it('goes on after its last commit when it is started again', async () => {
    await produce(['a', 'b', 'c']);
    const first = await consume();
    await first.until(3);
    await first.consumer.drain(soon());
    await first.consumer.close();
    expect(await kafka.groupLag(`group-of-${topic}`, [topic])).toMatchObject([
      { partition: 0, committed: 3, end: 3, lag: 0 },
      { partition: 1, committed: null, lag: 0 },
    ]);
    await produce(['d']);
    const second = await consume();
    await second.until(1);
    expect(second.values).toEqual(['d']);
  });

  it('gets what was not durable again, and nothing else', async () => {
    await produce(['a', 'b']);
    const first = await consume();
    await first.until(2);
    await vi.waitFor(async () => {
      expect((await kafka.groupLag(`group-of-${topic}`, [topic]))[0]?.lag).toBe(0);
    });
    await first.consumer.close();
    await produce(['c']);
    const stuck = Promise.withResolvers<void>();
    const stopped: boolean[] = [];
    const second = await consume({
      onBatch: async ({ signal }) => {
        stuck.resolve();
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            stopped.push(true);
            reject(signal.reason as Error);
          });
        });
      },
    });
    await stuck.promise;
    await second.consumer.drain(AbortSignal.timeout(50));
    await second.consumer.close();
    expect(stopped).toEqual([true]);
    const third = await consume();
    await third.until(1);
    expect(third.values).toEqual(['c']);
  });

  it('tries a failing batch again without losing its group membership', async () => {
    await produce(['a']);
    let attempts = 0;
    const { until, values } = await consume({
      sessionTimeoutMs: 1_000,
      onBatch: async ({ records }) => {
        attempts += 1;
        if (attempts < 6) throw new Error('not yet');
        values.push(...records.map(({ value }) => Buffer.from(value ?? '').toString()));
      },
    });
    await until(1);
    await vi.waitFor(async () => {
      expect((await kafka.groupLag(`group-of-${topic}`, [topic]))[0]?.committed).toBe(1);
    });
    expect(attempts).toBe(6);
  });

  it('that starts at the end gets what comes after its start and nothing before', async () => {
    await produce(['old']);
    const { values, until, consumer } = await consume({ startAtEnd: true });
    await produce(['new']);
    await until(1);
    expect(values).toEqual(['new']);
    await consumer.close();
    await produce(['while away']);
    const again = await consume();
    await again.until(1);
    expect(again.values.at(-1)).toBe('while away');
    expect(again.values).not.toContain('old');
  });

  it('bounds what is in flight, and gets everything in the end', async () => {
    await produce(Array.from({ length: 100 }, (_, i) => `${i}:${'x'.repeat(50_000)}`));
    let largest = 0;
    const { until, consumer, values } = await consume({
      maxInFlightBytes: 1_000_000,
      maxBatchBytes: 100_000,
      onBatch: async ({ records }) => {
        largest = Math.max(largest, consumer?.inFlight().bytes ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
        values.push(...records.map(({ offset }) => String(offset)));
      },
    });
    await until(100);
    expect(values).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
    // The bound plus one fetch.
    expect(largest).toBeLessThan(1_000_000 + 2 * 1024 * 1024 + 100_000);
  });

  it('shares the partitions with a second member and gives them back', async () => {
    const revoked: number[] = [];
    const first = await consume({
      onRevoked: (places) => revoked.push(...places.map(({ partition }) => partition)),
    });
    const secondKafka = createKafka({ brokers: brokersOf(broker), clientId: 'second', log: quiet });
    onTestFinished(() => secondKafka.close());
    const assigned: number[] = [];
    const second = await secondKafka.createConsumer({
      groupId: `group-of-${topic}`,
      topics: [topic],
      onBatch: async () => {},
      onAssigned: (places) => assigned.push(...places.map(({ partition }) => partition)),
      onCrash: () => {},
    });
    await vi.waitFor(() => expect(revoked).toHaveLength(1), { timeout: 15_000 });
    expect(assigned).toEqual(revoked);
    await second.close();
    await vi.waitFor(
      async () => {
        await produce(['x']);
        const producer = await kafka.createProducer();
        await producer.send(topic, [{ value: 'y', partition: revoked[0] ?? 0 }]);
        await producer.close();
        expect(first.values).toContain('y');
      },
      { timeout: 20_000, interval: 500 },
    );
  });
});

describe('topics', () => {
  it('have an id that changes when they are made anew', async () => {
    const id = await kafka.topicId(topic);
    expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await kafka.topicId(topic)).toBe(id);
  });

  it('that do not exist are a clear error', async () => {
    await expect(kafka.topicId('nope')).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    await expect(consume({ topics: ['nope'] })).rejects.toThrow(/nope/);
    const producer = await kafka.createProducer({ deadlineMs: 100 });
    await expect(producer.send('nope', [{ value: 'x' }])).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it('tell how many partitions they have', async () => {
    expect(await kafka.partitionCount(topic)).toBe(2);
    await expect(kafka.partitionCount('nope')).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it('are left alone when they exist', async () => {
    await kafka.ensureTopics([definition(topic, 7), definition(`${topic}-b`)]);
    await produce(['x']);
    expect(await kafka.groupLag('g', [topic])).toHaveLength(2);
  });
});

describe('a broker', () => {
  it('that does not answer is told by a sentence that names it and what to do', async () => {
    const lost = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test', log: quiet });
    onTestFinished(() => lost.close());
    const pinging = lost.ping();
    await expect(pinging).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(pinging).rejects.toThrow(/127\.0\.0\.1:1 does not answer .*KAFKA_BROKERS/);
    await expect(lost.topicId('x')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  }, 60_000);

  it('may go away and come back: producers and consumers go on, nothing is lost', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'parapet-kafka-restart-'));
    let running = await startBroker({ dir: own });
    const { port } = running;
    const client = createKafka({ brokers: [`127.0.0.1:${port}`], clientId: 'test', log: quiet });
    onTestFinished(async () => {
      await client.close();
      await running.stop();
      await rm(own, { recursive: true });
    });
    await client.ensureTopics([definition('t')]);
    const seen = new Set<string>();
    await client.createConsumer({
      groupId: 'g',
      topics: ['t'],
      onBatch: async ({ records }) => {
        for (const { value } of records) seen.add(Buffer.from(value ?? '').toString());
      },
      onCrash: (error) => {
        throw error;
      },
    });
    const producer = await client.createProducer();
    await producer.send('t', [{ value: 'before' }]);
    await vi.waitFor(() => expect(seen).toContain('before'), { timeout: 10_000 });
    await running.stop();
    const sending = producer.send('t', [{ value: 'while away' }]);
    running = await startBroker({ dir: own, port });
    await sending;
    await vi.waitFor(() => expect(seen).toContain('while away'), { timeout: 30_000 });
  }, 60_000);
});
