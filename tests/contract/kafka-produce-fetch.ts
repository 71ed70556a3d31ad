import { encodeBatch, fetchRaw, produceRaw } from '@parapet/embedded-kafka/testing';
import { CompressionTypes } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { KafkaUnderTest } from './kafka-contract.ts';
import { collector, uniqueName, useKafka } from './kafka-fixture.ts';

interface Seen {
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Record<string, string>;
  readonly timestamp: string;
}

const codecs = [
  ['no', CompressionTypes.None],
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const;

const offsetOutOfRange = 1;
const corruptMessage = 2;
const unknownTopic = 3;
const messageTooLarge = 10;

export function describeProduceAndFetch(start: () => Promise<KafkaUnderTest>): void {
  describe('produce and fetch', () => {
    const fixture = useKafka(start);

    async function readAll(topic: string, count: number): Promise<readonly Seen[]> {
      const seen = collector<Seen>();
      const { leave } = await fixture.consumer({
        groupId: uniqueName('reader'),
        topic,
        onMessage: ({ message }) =>
          seen.add({
            offset: message.offset,
            key: message.key?.toString() ?? null,
            value: message.value?.toString() ?? null,
            headers: Object.fromEntries(
              Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
            ),
            timestamp: message.timestamp,
          }),
      });
      const all = await seen.until(count);
      await leave();
      return all;
    }

    it.each(codecs)(
      'keeps order, keys, null values, headers and times with %s compression',
      async (_name, compression) => {
        const topic = await fixture.topic();
        const producer = await fixture.producer();
        const messages = Array.from({ length: 50 }, (_, index) => ({
          key: index % 3 === 0 ? null : `key-${index}`,
          value: index % 7 === 0 ? null : `value ${index} `.repeat(index),
          headers: index % 2 === 0 ? {} : { 'parapet-file': 'ä.log', index: String(index) },
          timestamp: String(1_700_000_000_000 + index * 1000),
        }));
        await producer.send({ topic, compression, messages: messages.slice(0, 20) });
        await producer.send({ topic, compression, messages: messages.slice(20) });
        const all = await readAll(topic, messages.length);
        expect(all).toEqual(messages.map((message, index) => ({ ...message, offset: String(index) })));
      },
    );

    it('takes and gives records of 900 KB', async () => {
      const topic = await fixture.topic();
      const producer = await fixture.producer();
      const value = 'x'.repeat(900 * 1024);
      for (const letter of ['a', 'b', 'c'])
        await producer.send({ topic, messages: [{ value: letter + value }] });
      const all = await readAll(topic, 3);
      expect(all.map((seen) => [seen.value?.[0], seen.value?.length])).toEqual([
        ['a', value.length + 1],
        ['b', value.length + 1],
        ['c', value.length + 1],
      ]);
    });

    it('gives a batch larger than the byte limits, so that the consumer can go on', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const batch = encodeBatch([{ value: 'x'.repeat(50_000) }]);
      await produceRaw(client, topic, 0, batch);
      await produceRaw(client, topic, 0, batch);
      const { error, records } = await fetchRaw(client, topic, 0, { offset: 0, maxBytes: 1000 });
      expect(error).toBe(0);
      expect(records.length).toBe(batch.length);
    });

    it('keeps to the byte limit of a partition when several batches are there', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const batch = encodeBatch([{ value: 'x'.repeat(10_000) }]);
      for (let count = 0; count < 10; count += 1) await produceRaw(client, topic, 0, batch);
      const limit = batch.length * 3 + 100;
      const { records } = await fetchRaw(client, topic, 0, { offset: 4, partitionMaxBytes: limit });
      expect(records.length).toBeGreaterThanOrEqual(batch.length * 3);
      expect(records.length).toBeLessThanOrEqual(limit);
      expect(records.readBigInt64BE(0)).toBe(4n);
    });

    it('keeps record batches byte for byte, but for offset and leader epoch', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const batch = encodeBatch([{ key: 'k', value: 'v', headers: { a: 'b' } }, { value: null }]);
      await produceRaw(client, topic, 0, encodeBatch([{ value: 'before' }]));
      await produceRaw(client, topic, 0, batch);
      const { records } = await fetchRaw(client, topic, 0, { offset: 1 });
      expect(records.readBigInt64BE(0)).toBe(1n);
      expect(records.subarray(16)).toEqual(batch.subarray(16));
    });

    it('holds a fetch at the end of the log until a record comes', async () => {
      const topic = await fixture.topic();
      const [reader, writer] = [await fixture.wire(), await fixture.wire()];
      const order: string[] = [];
      const polled = fetchRaw(reader, topic, 0, { offset: 0, maxWaitMs: 20_000 }).then((result) => {
        order.push('fetched');
        return result;
      });
      // A request on the same broker after it shows that the fetch is being held.
      await fetchRaw(writer, topic, 0, { offset: 0 });
      order.push('produced');
      await produceRaw(writer, topic, 0, encodeBatch([{ value: 'late' }]));
      const { error, records } = await polled;
      expect([error, records.length > 0]).toEqual([0, true]);
      expect(order).toEqual(['produced', 'fetched']);
    });

    it('ends a fetch with nothing when its time is up', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const before = performance.now();
      const { error, records } = await fetchRaw(client, topic, 0, { offset: 0, maxWaitMs: 300 });
      expect([error, records.length]).toEqual([0, 0]);
      expect(performance.now() - before).toBeGreaterThan(250);
    });

    it('refuses offsets outside of the log', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      await produceRaw(client, topic, 0, encodeBatch([{ value: 'only' }]));
      expect((await fetchRaw(client, topic, 0, { offset: 2 })).error).toBe(offsetOutOfRange);
      expect((await fetchRaw(client, topic, 0, { offset: 1 })).error).toBe(0);
    });

    it('refuses a batch whose checksum is wrong, and stays usable', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const batch = encodeBatch([{ value: 'will be damaged' }]);
      batch.writeUInt8(batch.readUInt8(70) ^ 1, 70);
      expect((await produceRaw(client, topic, 0, batch)).error).toBe(corruptMessage);
      expect(await produceRaw(client, topic, 0, encodeBatch([{ value: 'fine' }]))).toMatchObject({
        error: 0,
        baseOffset: 0,
      });
    });

    it('refuses a batch larger than the topic allows', async () => {
      const topic = uniqueName('small');
      const configEntries = [{ name: 'max.message.bytes', value: '1000' }];
      await fixture.createTopic({ topic, configEntries });
      const client = await fixture.wire();
      const result = await produceRaw(client, topic, 0, encodeBatch([{ value: 'x'.repeat(2000) }]));
      expect(result.error).toBe(messageTooLarge);
    });

    it('refuses unknown topics and partitions', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const batch = encodeBatch([{ value: 'v' }]);
      expect((await produceRaw(client, uniqueName('absent'), 0, batch)).error).toBe(unknownTopic);
      expect((await produceRaw(client, topic, 7, batch)).error).toBe(unknownTopic);
      expect((await fetchRaw(client, topic, 7, { offset: 0 })).error).toBe(unknownTopic);
    });
  });
}
