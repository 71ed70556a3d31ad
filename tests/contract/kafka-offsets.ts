import { encodeBatch, fetchRaw, produceRaw } from '@parapet/embedded-kafka/testing';
import { describe, expect, it } from 'vitest';
import type { KafkaUnderTest } from './kafka-contract.ts';
import { collector, commitOffset, uniqueName, useKafka } from './kafka-fixture.ts';

export function describeCommittedOffsets(start: () => Promise<KafkaUnderTest>): void {
  describe('offsets', () => {
    const fixture = useKafka(start);

    it('keeps records and committed offsets over a crash', async () => {
      const topic = await fixture.topic(2);
      const groupId = uniqueName('group');
      const producer = await fixture.producer();
      const values = Array.from({ length: 100 }, (_, index) => `value ${index}`);
      await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value, partition: 1 })) });
      const before = collector<string>();
      const first = await fixture.consumer({
        groupId,
        topic,
        onMessage: ({ message }) => before.add(message.offset),
      });
      await before.until(100);
      await first.leave();
      await fixture.broker.crashAndRestart();

      expect(await committed(groupId, topic)).toEqual(['-1', '100']);
      await producer.send({ topic, messages: [{ value: 'after', partition: 1 }] });
      const after = collector<string>();
      const second = await fixture.consumer({
        groupId,
        topic,
        onMessage: ({ message }) => after.add(`${message.offset} ${message.value}`),
      });
      expect(await after.until(1)).toEqual(['100 after']);
      await second.leave();
      const client = await fixture.wire();
      expect(await fetchRaw(client, topic, 1, { offset: 0 })).toMatchObject({
        error: 0,
        startOffset: 0,
        endOffset: 101,
      });
    });

    async function committed(groupId: string, topic: string): Promise<string[]> {
      const [found] = await fixture.admin.fetchOffsets({ groupId, topics: [topic] });
      return (found?.partitions ?? []).sort((a, b) => a.partition - b.partition).map(({ offset }) => offset);
    }

    it('takes offsets set from outside of an empty group', async () => {
      const topic = await fixture.topic();
      const groupId = uniqueName('group');
      expect(await commitOffset(await fixture.wire(), groupId, topic, 7)).toBe(0);
      expect(await committed(groupId, topic)).toEqual(['7']);
    });

    it('refuses the commit of a member that the group does not know', async () => {
      const topic = await fixture.topic();
      const ghost = { generation: 5, memberId: 'ghost' };
      const error = await commitOffset(await fixture.wire(), uniqueName('group'), topic, 3, ghost);
      // Apache Kafka answers ILLEGAL_GENERATION for a group it never had; clients join again for both.
      expect([22, 25]).toContain(error);
    });

    it('finds offsets by time: the first record at or after it', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const at = (timestamp: number) => ({ value: 'v', timestamp });
      await produceRaw(
        client,
        topic,
        0,
        encodeBatch([at(1000), at(2000), at(3000)], { baseTimestamp: 1000 }),
      );
      await produceRaw(client, topic, 0, encodeBatch([at(5000), at(4000)], { baseTimestamp: 5000 }));
      const byTime = async (timestamp: number) =>
        (await fixture.admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0]?.offset;
      expect(await byTime(1)).toBe('0');
      expect(await byTime(1000)).toBe('0');
      expect(await byTime(1001)).toBe('1');
      expect(await byTime(3000)).toBe('2');
      expect(await byTime(3500)).toBe('3');
      expect(await byTime(5000)).toBe('3');
      // kafkajs gives the end of the log where the broker finds nothing.
      expect(await byTime(5001)).toBe('5');
      expect(await fixture.admin.fetchTopicOffsets(topic)).toMatchObject([{ low: '0', high: '5' }]);
    });
  });
}
