import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, AssignerProtocol, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from '../broker.ts';
import {
  commitRaw,
  connectWire,
  encodeBatch,
  initProducerId,
  produceRaw,
  type WireClient,
} from '../testing/index.ts';

let dir = '';
let broker: Broker;
let client: WireClient;
let kafka: Kafka;
let admin: Admin;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'apis-'));
  broker = await startBroker({ dir, fsync: 'never' });
  client = await connectWire(broker.address);
  kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
  client.close();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

async function topic(name: string, numPartitions = 1): Promise<string> {
  await admin.createTopics({ topics: [{ topic: name, numPartitions }] });
  return name;
}

describe('list offsets, in every version', () => {
  it.each([1, 2, 3, 4, 5])('%d', async (version) => {
    const name = await topic(`times-${version}`);
    const at = (timestamp: number) => ({ value: 'v', timestamp });
    await produceRaw(client, name, 0, encodeBatch([at(1000), at(2000)], { baseTimestamp: 1000 }));
    const ask = async (timestamp: number, partition = 0, epoch = -1) => {
      const reader = await client.request(2, version, (writer) => {
        writer.int32(-1);
        if (version >= 2) writer.int8(0);
        writer.array([name], (each) => {
          writer.string(each).array([partition], (index) => {
            writer.int32(index);
            if (version >= 4) writer.int32(epoch);
            writer.int64(timestamp);
          });
        });
      });
      if (version >= 2) reader.int32();
      return reader.array(() => {
        reader.string();
        return reader.array(() => {
          reader.int32();
          const answer = [reader.int16(), reader.long(), reader.long()];
          if (version >= 4) reader.int32();
          return answer;
        });
      })[0]?.[0];
    };
    expect(await ask(-1)).toEqual([0, -1, 2]);
    expect(await ask(-2)).toEqual([0, -1, 0]);
    expect(await ask(1500)).toEqual([0, 2000, 1]);
    expect(await ask(2001)).toEqual([0, -1, -1]);
    expect(await ask(-1, 9)).toEqual([3, -1, -1]);
    if (version >= 4) expect(await ask(-1, 0, 7)).toEqual([75, -1, -1]);
  });
});

describe('groups, in every version', () => {
  /** A member's whole life over the bare protocol, in the given versions of JoinGroup and of the other APIs. */
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 2],
    [5, 3],
  ])('JoinGroup %d, others %d', async (joinVersion, version) => {
    const groupId = `life-${joinVersion}`;
    const join = async (memberId: string) => {
      const reader = await client.request(11, joinVersion, (writer) => {
        writer.string(groupId).int32(10_000);
        if (joinVersion >= 1) writer.int32(10_000);
        writer.string(memberId);
        if (joinVersion >= 5) writer.string(null);
        writer.string('consumer').array(['range'], (name) => writer.string(name).bytes(Buffer.from('m')));
      });
      if (joinVersion >= 2) reader.int32();
      const joined = {
        error: reader.int16(),
        generation: reader.int32(),
        protocol: reader.string(),
        leader: reader.string(),
      };
      return { ...joined, memberId: reader.string() };
    };
    let joined = await join('');
    if (joinVersion >= 4) {
      expect(joined.error).toBe(79);
      joined = await join(joined.memberId);
    }
    expect(joined).toMatchObject({ error: 0, generation: 1, protocol: 'range', leader: joined.memberId });
    const { memberId } = joined;

    const synced = await client.request(14, version, (writer) => {
      writer.string(groupId).int32(1).string(memberId);
      if (version >= 3) writer.string(null);
      writer.array([memberId], (id) => writer.string(id).bytes(Buffer.from('assigned')));
    });
    if (version >= 1) synced.int32();
    expect([synced.int16(), synced.bytes().toString()]).toEqual([0, 'assigned']);

    const beat = await client.request(12, version, (writer) => {
      writer.string(groupId).int32(1).string(memberId);
      if (version >= 3) writer.string(null);
    });
    if (version >= 1) beat.int32();
    expect(beat.int16()).toBe(0);

    const describeVersion = Math.min(version, 2);
    const described = await client.request(15, describeVersion, (writer) =>
      writer.array([groupId], writer.string),
    );
    if (describeVersion >= 1) described.int32();
    const [group] = described.array(() =>
      [described.int16(), described.string(), described.string()].concat(restOfGroup()),
    );
    function restOfGroup() {
      const names = [described.string(), described.string()];
      const members = described.array(() => {
        const id = described.string();
        described.string();
        described.string();
        return `${id} ${described.bytes()} ${described.bytes()}`;
      });
      return [...names, ...members];
    }
    expect(group).toEqual([0, groupId, 'Stable', 'consumer', 'range', `${memberId} m assigned`]);

    const left = await client.request(13, version, (writer) => {
      writer.string(groupId);
      if (version < 3) writer.string(memberId);
      else writer.array([memberId], (id) => writer.string(id).string(null));
    });
    if (version >= 1) left.int32();
    expect(left.int16()).toBe(0);
    if (version >= 3) {
      const members = left.array(() => [left.string(), left.nullableString(), left.int16()]);
      expect(members).toEqual([[memberId, null, 0]]);
    }
  });

  it('unknown to the broker are answered: unknown member', async () => {
    const synced = await client.request(14, 0, (writer) => {
      writer
        .string('no-such-group')
        .int32(1)
        .string('m')
        .array([], () => {});
    });
    expect(synced.int16()).toBe(25);
    const left = await client.request(13, 0, (writer) => writer.string('no-such-group').string('m'));
    expect(left.int16()).toBe(25);
  });
});

describe('committed offsets, in every version', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 5],
    [7, 5],
  ])('OffsetCommit %d, OffsetFetch %d', async (commitVersion, fetchVersion) => {
    const name = await topic(`offsets-${commitVersion}`, 2);
    const groupId = `committer-${commitVersion}`;
    const committed = await client.request(8, commitVersion, (writer) => {
      writer.string(groupId).int32(-1).string('');
      if (commitVersion >= 7) writer.string(null);
      if (commitVersion >= 2 && commitVersion <= 4) writer.int64(-1);
      writer.array([name, 'no-such-topic'], (each) => {
        writer.string(each).array([0, 1], (partition) => {
          writer.int32(partition).int64(40 + partition);
          if (commitVersion >= 6) writer.int32(0);
          if (commitVersion === 1) writer.int64(-1);
          writer.string(partition === 0 ? 'note' : 'x'.repeat(5000));
        });
      });
    });
    if (commitVersion >= 3) committed.int32();
    const errors = committed.array(() => [
      committed.string(),
      ...committed.array(() => [committed.int32(), committed.int16()]),
    ]);
    expect(errors).toEqual([
      [name, [0, 0], [1, 12]],
      ['no-such-topic', [0, 3], [1, 3]],
    ]);

    const fetch = async (topics: string[] | null) => {
      const reader = await client.request(9, fetchVersion, (writer) => {
        writer.string(groupId).array(topics, (each) => writer.string(each).array([0, 1], writer.int32));
      });
      if (fetchVersion >= 3) reader.int32();
      const found = reader.array(() => [
        reader.string(),
        ...reader.array(() => {
          const partition = [reader.int32(), reader.long()];
          if (fetchVersion >= 5) reader.int32();
          return [...partition, reader.nullableString(), reader.int16()];
        }),
      ]);
      if (fetchVersion >= 2) expect(reader.int16()).toBe(0);
      return found;
    };
    expect(await fetch([name])).toEqual([[name, [0, 40, 'note', 0], [1, -1, '', 0]]]);
    if (fetchVersion >= 2) expect(await fetch(null)).toEqual([[name, [0, 40, 'note', 0]]]);
  });

  it('are refused without a group', async () => {
    expect(await commitRaw(client, '', await topic('groupless'), 1)).toBe(24);
    expect(await commitRaw(client, 'g', 'groupless', 1, { generation: 3, memberId: 'ghost' })).toBe(25);
  });
});

describe('with a client library', () => {
  it('a group consumes, commits, is described, listed and deleted', async () => {
    const name = await topic('library', 2);
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    await producer.send({
      topic: name,
      messages: [
        { value: 'a', partition: 0 },
        { value: 'b', partition: 1 },
      ],
    });
    const heard = new Set<string>();
    const consumer = kafka.consumer({ groupId: 'library-group', maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic: name, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void heard.add(String(message.value)) });
    await expect
      .poll(() => [...heard].sort((a, b) => a.localeCompare(b)), { timeout: 10_000 })
      .toEqual(['a', 'b']);
    const { groups } = await admin.describeGroups(['library-group']);
    const assignment = groups[0]?.members[0]?.memberAssignment;
    expect(assignment && AssignerProtocol.MemberAssignment.decode(assignment)?.assignment).toEqual({
      [name]: [0, 1],
    });
    await expect(admin.deleteGroups(['library-group'])).rejects.toThrow();
    await consumer.disconnect();
    expect(
      (await admin.fetchOffsets({ groupId: 'library-group', topics: [name] }))[0]?.partitions,
    ).toMatchObject([
      { partition: 0, offset: '1' },
      { partition: 1, offset: '1' },
    ]);
    expect((await admin.listGroups()).groups).toContainEqual({
      groupId: 'library-group',
      protocolType: 'consumer',
    });
    await admin.deleteGroups(['library-group']);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain('library-group');
    await producer.disconnect();
  });

  it('topics grow, and are deleted with their offsets', async () => {
    const name = await topic('grows');
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: 3 }] });
    expect((await admin.fetchTopicOffsets(name)).map(({ partition }) => partition)).toEqual([0, 1, 2]);
    await expect(admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] })).rejects.toThrow();
    await expect(
      admin.createPartitions({ topicPartitions: [{ topic: 'absent', count: 2 }] }),
    ).rejects.toThrow();
    await commitRaw(client, 'grower', name, 1);
    await admin.deleteTopics({ topics: [name] });
    expect(await admin.listTopics()).not.toContain(name);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain('grower');
    await expect(admin.deleteTopics({ topics: [name] })).rejects.toThrow();
  });

  it.each([
    ['a replica that is not there', [{ partition: 0, replicas: [2] }]],
    ['a partition that is left out', [{ partition: 1, replicas: [1] }]],
  ])('topics are not created with %s', async (_name, replicaAssignment) => {
    await expect(admin.createTopics({ topics: [{ topic: 'placed', replicaAssignment }] })).rejects.toThrow();
  });

  it('topics are created as placed on the only broker', async () => {
    const replicaAssignment = [
      { partition: 1, replicas: [1] },
      { partition: 0, replicas: [1] },
    ];
    await admin.createTopics({ topics: [{ topic: 'well-placed', replicaAssignment }] });
    expect(await admin.fetchTopicOffsets('well-placed')).toHaveLength(2);
  });
});

describe('producer ids', () => {
  it('are given once each, and not for transactions', async () => {
    const [first, second] = [await initProducerId(client), await initProducerId(client)];
    expect([first.error, second.error, second.id - first.id]).toEqual([0, 0, 1n]);
    const reader = await client.request(22, 0, (writer) => writer.string('transactional').int32(1000));
    reader.int32();
    expect(reader.int16()).toBe(42);
  });
});
