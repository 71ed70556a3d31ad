import { encodeBatch, fetchRaw, produceRaw } from '@parapet/embedded-kafka/testing';
import { createKafka } from '@parapet/kafka';
import { describe, expect, it } from 'vitest';
import type { KafkaUnderTest } from './kafka-contract.ts';
import { commitOffset, patience, uniqueName, useKafka } from './kafka-fixture.ts';

const unknownTopic = 3;

export function describeAdministration(start: () => Promise<KafkaUnderTest>): void {
  describe('administration', () => {
    const fixture = useKafka(start);

    async function topicId(topic: string): Promise<string> {
      const silent = { debug() {}, info() {}, warn() {}, error() {} };
      const client = createKafka({ brokers: [fixture.broker.address], clientId: 'contract', log: silent });
      try {
        return await client.topicId(topic);
      } finally {
        await client.close();
      }
    }

    it('creates, lists, describes and deletes topics', async () => {
      const topic = await fixture.topic(3);
      expect(await fixture.admin.listTopics()).toContain(topic);
      const { topics } = await fixture.admin.fetchTopicMetadata({ topics: [topic] });
      expect(topics[0]?.partitions.map(({ partitionId }) => partitionId).sort()).toEqual([0, 1, 2]);
      const { brokers, controller } = await fixture.admin.describeCluster();
      expect(brokers.map(({ nodeId }) => nodeId)).toContain(controller);
      expect(topics[0]?.partitions.every(({ leader }) => leader === controller)).toBe(true);
      await fixture.admin.deleteTopics({ topics: [topic] });
      await expect.poll(() => fixture.admin.listTopics(), patience).not.toContain(topic);
    });

    it('says that a topic exists, and refuses what cannot be', async () => {
      const topic = await fixture.topic();
      // kafkajs turns "exists already" into false.
      expect(await fixture.admin.createTopics({ topics: [{ topic }] })).toBe(false);
      await expect(fixture.admin.createTopics({ topics: [{ topic: 'no/slash' }] })).rejects.toThrow();
      await expect(
        fixture.admin.createTopics({ topics: [{ topic: uniqueName('t'), replicationFactor: 3 }] }),
      ).rejects.toThrow();
      const configEntries = [{ name: 'retention.ms', value: 'soon' }];
      await expect(
        fixture.admin.createTopics({ topics: [{ topic: uniqueName('t'), configEntries }] }),
      ).rejects.toThrow();
    });

    it('creates nothing when asked to validate only', async () => {
      const topic = uniqueName('validated');
      const request = { topics: [{ topic }], validateOnly: true, waitForLeaders: false };
      expect(await fixture.admin.createTopics(request)).toBe(true);
      expect(await fixture.admin.listTopics()).not.toContain(topic);
    });

    it('gives a topic that is created again a new id, and none of its old records or offsets', async () => {
      const topic = uniqueName('again');
      const groupId = uniqueName('group');
      await fixture.createTopic({ topic });
      const firstId = await topicId(topic);
      expect(await topicId(topic)).toBe(firstId);
      const client = await fixture.wire();
      await produceRaw(client, topic, 0, encodeBatch([{ value: 'old' }]));
      await commitOffset(await fixture.wire(), groupId, topic, 1);
      await fixture.admin.deleteTopics({ topics: [topic] });
      await expect.poll(() => fixture.admin.listTopics(), patience).not.toContain(topic);
      await fixture.createTopic({ topic });
      expect(await topicId(topic)).not.toBe(firstId);
      expect(await fetchRaw(client, topic, 0, { offset: 0 })).toMatchObject({ error: 0, endOffset: 0 });
      const [offsets] = await fixture.admin.fetchOffsets({ groupId, topics: [topic] });
      expect(offsets?.partitions[0]?.offset).toBe('-1');
    });

    it('tells that a topic is unknown, by error and without creating it', async () => {
      const topic = uniqueName('absent');
      const client = await fixture.wire();
      const reader = await client.request(3, 5, (writer) => writer.array([topic], writer.string).bool(true));
      reader.int32();
      reader.array(() => [reader.int32(), reader.string(), reader.int32(), reader.nullableString()]);
      reader.nullableString();
      reader.int32();
      const found = reader.array(() => {
        const error = reader.int16();
        const name = reader.string();
        reader.bool();
        reader.array(() => reader.int16());
        return { error, name };
      });
      expect(found).toEqual([{ error: unknownTopic, name: topic }]);
      expect(await fixture.admin.listTopics()).not.toContain(topic);
    });

    it('adds partitions to a topic', async () => {
      const topic = await fixture.topic(1);
      await fixture.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      const partitions = async () =>
        (await fixture.admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length;
      await expect.poll(partitions, patience).toBe(3);
    });

    it('forgets a group that is deleted', async () => {
      const topic = await fixture.topic();
      const groupId = uniqueName('group');
      await commitOffset(await fixture.wire(), groupId, topic, 1);
      await fixture.admin.deleteGroups([groupId]);
      const groupIds = async () => (await fixture.admin.listGroups()).groups.map((group) => group.groupId);
      await expect.poll(groupIds, patience).not.toContain(groupId);
      await expect(fixture.admin.deleteGroups([uniqueName('never')])).rejects.toThrow();
    });
  });
}
