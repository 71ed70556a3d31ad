import { describe, expect, it } from 'vitest';
import type { KafkaUnderTest } from './kafka-contract.ts';
import { collector, uniqueName, useKafka } from './kafka-fixture.ts';

export function describeConsumerGroups(start: () => Promise<KafkaUnderTest>): void {
  describe('consumer groups', () => {
    const fixture = useKafka(start);

    it('shares partitions among members as they join and leave', async () => {
      const topic = await fixture.topic(4);
      const groupId = uniqueName('group');
      const first = await fixture.consumer({ groupId, topic });
      await first.assigned(4);
      const second = await fixture.consumer({ groupId, topic });
      await Promise.all([first.assigned(2), second.assigned(2)]);
      await second.leave();
      await first.assigned(4);
      await first.leave();
    });

    it('lets B hear everything after A left', async () => {
      const topic = await fixture.topic(2);
      const groupId = uniqueName('group');
      const heardByB = collector<string>();
      const a = await fixture.consumer({ groupId, topic });
      const b = await fixture.consumer({
        groupId,
        topic,
        onMessage: ({ message }) => heardByB.add(String(message.value)),
      });
      await Promise.all([a.assigned(1), b.assigned(1)]);
      await a.leave();
      await b.assigned(2);
      const producer = await fixture.producer();
      const messages = Array.from({ length: 10 }, (_, index) => ({
        value: String(index),
        partition: index % 2,
      }));
      await producer.send({ topic, messages });
      expect(new Set(await heardByB.until(10))).toEqual(new Set(messages.map(({ value }) => value)));
      await b.leave();
    });

    it('gives the partitions of a member that went silent to the others when its session ends', async () => {
      const topic = await fixture.topic(2);
      const groupId = uniqueName('group');
      const silent = await fixture.wire();
      await joinAndFallSilent(silent, groupId, topic);
      const alive = await fixture.consumer({ groupId, topic });
      await alive.assigned(2);
      await alive.leave();
    });

    it('tells a member from before about its end: unknown member', async () => {
      const client = await fixture.wire();
      const groupId = uniqueName('group');
      const reader = await client.request(12, 3, (writer) => {
        writer.string(groupId).int32(3).string('nobody').string(null);
      });
      reader.int32();
      expect(reader.int16()).toBe(25);
    });

    it('refuses a member whose protocols no other member has', async () => {
      const topic = await fixture.topic();
      const groupId = uniqueName('group');
      const member = await fixture.consumer({ groupId, topic });
      const client = await fixture.wire();
      const { error } = await join(client, groupId, { memberId: '', protocol: 'of-its-own' });
      expect(error).toBe(23);
      await member.leave();
    });

    it('describes and lists groups', async () => {
      const topic = await fixture.topic(3);
      const groupId = uniqueName('group');
      const member = await fixture.consumer({ groupId, topic });
      await member.assigned(3);
      const { groups } = await fixture.admin.describeGroups([groupId]);
      expect(groups[0]).toMatchObject({ groupId, state: 'Stable', protocolType: 'consumer', errorCode: 0 });
      expect(groups[0]?.members.map(({ memberId }) => memberId)).toEqual([member.memberId]);
      expect((await fixture.admin.listGroups()).groups).toContainEqual({ groupId, protocolType: 'consumer' });
      await member.leave();
      const after = await fixture.admin.describeGroups([groupId]);
      expect(after.groups[0]).toMatchObject({ groupId, members: [], state: 'Empty' });
      const none = await fixture.admin.describeGroups([uniqueName('never')]);
      expect(none.groups[0]?.state).toBe('Dead');
    });
  });
}

type Wire = Awaited<ReturnType<ReturnType<typeof useKafka>['wire']>>;

/** JoinGroup 5 with the shortest session. */
async function join(
  client: Wire,
  groupId: string,
  {
    memberId,
    protocol,
    metadata = Buffer.alloc(0),
  }: { memberId: string; protocol: string; metadata?: Buffer },
): Promise<{ error: number; generation: number; memberId: string }> {
  const reader = await client.request(11, 5, (writer) => {
    writer.string(groupId).int32(500).int32(5000).string(memberId).string(null).string('consumer');
    writer.array([protocol], (name) => writer.string(name).bytes(metadata));
  });
  reader.int32();
  const error = reader.int16();
  const generation = reader.int32();
  reader.nullableString();
  reader.string();
  return { error, generation, memberId: reader.string() };
}

async function joinAndFallSilent(client: Wire, groupId: string, topic: string): Promise<void> {
  // kafkajs names its assigner so, and reads members' subscriptions: version 0, topics, no user data.
  const protocol = 'RoundRobinAssigner';
  const name = Buffer.from(topic);
  const metadata = Buffer.alloc(2 + 4 + 2 + name.length + 4);
  metadata.writeInt32BE(1, 2);
  metadata.writeInt16BE(name.length, 6);
  name.copy(metadata, 8);
  const first = await join(client, groupId, { memberId: '', protocol, metadata });
  expect(first.error).toBe(79);
  const second = await join(client, groupId, { memberId: first.memberId, protocol, metadata });
  expect(second).toMatchObject({ error: 0, generation: 1 });
  const sync = await client.request(14, 3, (writer) => {
    writer.string(groupId).int32(second.generation).string(second.memberId).string(null);
    writer.array([second.memberId], (id) => writer.string(id).bytes(Buffer.alloc(0)));
  });
  sync.int32();
  expect(sync.int16()).toBe(0);
}
