import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBroker } from './broker.ts';
import { apiVersions, committedOffset, createTopic } from './testing/broker-requests.ts';
import { commitRaw, encodeBatch, fetchRaw, produceRaw, type WireClient } from './testing/index.ts';
import { useBroker } from './testing/use-broker.ts';

const { folder, start, open } = useBroker();

describe('the data folder', () => {
  it('belongs to one broker at a time', async () => {
    const first = await start();
    await expect(startBroker({ dir: folder() })).rejects.toThrow(
      `Another broker (process ${process.pid}) uses the folder ${folder()}`,
    );
    await first.stop();
    const second = await start();
    expect(await apiVersions(await open(second))).toHaveLength(19);
  });

  it('is refused in a sentence when it cannot be used', async () => {
    const file = join(folder(), 'a-file');
    await writeFile(file, '');
    await expect(startBroker({ dir: join(file, 'folder') })).rejects.toThrow(/a-file\/folder cannot be made/);
    await writeFile(
      join(folder(), 'broker.db'),
      'this is no database, but it is long enough to look at'.repeat(100),
    );
    await expect(startBroker({ dir: folder() })).rejects.toThrow(
      /The broker's database in .* cannot be opened/,
    );
  });

  it('keeps topics, records, offsets and ids over a stop', async () => {
    const before = await start();
    const client = await open(before);
    await createTopic(client, 'kept', { 'retention.ms': '-1' });
    await produceRaw(client, 'kept', 0, encodeBatch([{ value: 'a' }, { value: 'b' }]));
    await before.stop();
    const again = await open(await start());
    expect(await fetchRaw(again, 'kept', 0, { offset: 0 })).toMatchObject({ error: 0, endOffset: 2 });
    expect(await createTopic(again, 'kept')).toBe(36);
  });

  it('lets go of a listening address that is taken, with a sentence', async () => {
    const first = await start();
    const other = await mkdtemp(join(tmpdir(), 'broker-'));
    await expect(startBroker({ dir: other, port: first.port })).rejects.toThrow(/choose another one/);
    const freed = await startBroker({ dir: other });
    await freed.stop();
    await rm(other, { recursive: true });
  });
});

describe('topics', () => {
  it('are created by asking for them only where that is switched on', async () => {
    const client = await open(await start({ autoCreateTopics: true }));
    const ask = async (name: string, allowed: boolean) => {
      const reader = await client.request(3, 4, (writer) =>
        writer.array([name], writer.string).bool(allowed),
      );
      reader.int32();
      reader.array(() => [reader.int32(), reader.string(), reader.int32(), reader.nullableString()]);
      reader.nullableString();
      reader.int32();
      return reader.array(() => {
        const error = reader.int16();
        reader.string();
        reader.bool();
        const partitions = reader.array(() => {
          reader.int16();
          reader.int32();
          reader.int32();
          reader.array(() => reader.int32());
          reader.array(() => reader.int32());
        });
        return [error, partitions.length];
      })[0];
    };
    expect(await ask('asked-for', false)).toEqual([3, 0]);
    expect(await ask('asked-for', true)).toEqual([0, 1]);
    expect(await ask('not/valid', true)).toEqual([17, 0]);
  });

  it.each([
    ['cleanup.policy', 'compact', 40],
    ['no.such.setting', '1', 40],
    ['retention.ms', '-2', 40],
    ['retention.ms', '1.5', 40],
    ['cleanup.policy', 'delete', 0],
    ['segment.bytes', '1000000', 0],
  ])(
    'with the setting %s=%s are answered with %d: none is taken and then not obeyed',
    async (name, value, error) => {
      const client = await open(await start());
      expect(await createTopic(client, 'configured', { [name]: value })).toBe(error);
    },
  );

  it('are bounded in number', async () => {
    const client = await open(await start({ maxPartitions: 2 }));
    expect([
      await createTopic(client, 'a'),
      await createTopic(client, 'b'),
      await createTopic(client, 'c'),
    ]).toEqual([0, 0, 37]);
  });
});

describe('producing', () => {
  function sendWithoutAcknowledgement(client: WireClient, topic: string, correlationId: number) {
    return client.request(
      0,
      3,
      (writer) => {
        writer.string(null).int16(0).int32(1000);
        writer.array([topic], (name) => {
          writer.string(name).array([0], (index) => writer.int32(index).bytes(encodeBatch([{ value: 'v' }])));
        });
      },
      { correlationId },
    );
  }

  it('without acknowledgement gets no answer', async () => {
    const broker = await start();
    const client = await open(broker);
    await createTopic(client, 'silent');
    // Answers come in order, so the first one after it is that of the next request.
    const next = sendWithoutAcknowledgement(client, 'silent', 77);
    const unanswered = client.request(18, 0, () => {}, { correlationId: 77 });
    unanswered.catch(() => {});
    expect((await next).int16()).toBe(0);
    const other = await open(broker);
    expect((await fetchRaw(other, 'silent', 0, { offset: 0, maxWaitMs: 1000 })).endOffset).toBe(1);
  });

  it('without acknowledgement loses the connection when it fails', async () => {
    const client = await open(await start());
    await expect(sendWithoutAcknowledgement(client, 'absent', 1)).rejects.toThrow('closed the connection');
  });

  it('is refused for transactions and unknown acks', async () => {
    const client = await open(await start());
    await createTopic(client, 'strict');
    const send = async (transactionalId: string | null, acks: number) => {
      const reader = await client.request(0, 8, (writer) => {
        writer.string(transactionalId).int16(acks).int32(1000);
        writer.array(['strict'], (name) => {
          writer.string(name).array([0], (index) => writer.int32(index).bytes(encodeBatch([{ value: 'v' }])));
        });
      });
      return reader.array(() => {
        reader.string();
        return reader.array(() => {
          reader.int32();
          const error = reader.int16();
          reader.long();
          reader.long();
          reader.long();
          reader.array(() => 0);
          reader.nullableString();
          return error;
        });
      })[0]?.[0];
    };
    expect([await send(null, 2), await send('t', -1), await send(null, 1)]).toEqual([21, 42, 0]);
  });
});

describe('retention and groups', () => {
  it('applies retention and forgets the offsets of groups that are gone, by itself', async () => {
    const broker = await start({
      retentionCheckMs: 10,
      offsetsRetentionMs: 1,
      retentionMs: 0,
      fsync: 'interval',
      fsyncIntervalMs: 5,
    });
    const client = await open(broker);
    await createTopic(client, 'short');
    await produceRaw(client, 'short', 0, encodeBatch([{ value: 'v' }]));
    await expect.poll(async () => (await fetchRaw(client, 'short', 0, { offset: 1 })).startOffset).toBe(1);
    expect(await commitRaw(client, 'gone', 'short', 1)).toBe(0);
    await expect.poll(() => committedOffset(client, 'gone', 'short')).toBe(-1);
  });

  it.each([499, 1_800_001])('refuses a session timeout of %d ms', async (timeout) => {
    const client = await open(await start());
    const reader = await client.request(11, 5, (writer) => {
      writer.string('g').int32(timeout).int32(1000).string('').string(null).string('consumer');
      writer.array(['range'], (name) => writer.string(name).bytes(Buffer.alloc(0)));
    });
    reader.int32();
    expect(reader.int16()).toBe(26);
  });

  it.each([
    ['', '', 24],
    ['never-seen', 'stranger', 25],
  ])('refuses to join group "%s" as "%s"', async (groupId, memberId, error) => {
    const client = await open(await start());
    const reader = await client.request(11, 0, (writer) => {
      writer.string(groupId).int32(1000).string(memberId).string('consumer');
      writer.array(['range'], (name) => writer.string(name).bytes(Buffer.alloc(0)));
    });
    expect(reader.int16()).toBe(error);
  });

  it('has no transaction coordinator', async () => {
    const client = await open(await start());
    const reader = await client.request(10, 2, (writer) => writer.string('t').int8(1));
    reader.int32();
    expect([reader.int16(), reader.nullableString()]).toEqual([
      42,
      'Transactions are not supported by this broker.',
    ]);
  });
});
