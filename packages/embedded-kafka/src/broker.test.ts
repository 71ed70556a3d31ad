import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, startBroker } from './broker.ts';
import type { BrokerOptions } from './broker-options.ts';
import {
  commitRaw,
  connectWire,
  encodeBatch,
  fetchRaw,
  produceRaw,
  type WireClient,
} from './testing/index.ts';

let dir = '';
const brokers: Broker[] = [];
const clients: WireClient[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'broker-'));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const broker of brokers.splice(0)) await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const broker = await startBroker({ dir, fsync: 'never', ...options });
  brokers.push(broker);
  return broker;
}

async function open(broker: Broker): Promise<WireClient> {
  const client = await connectWire(broker.address);
  clients.push(client);
  return client;
}

async function createTopic(
  client: WireClient,
  name: string,
  configs: Record<string, string> = {},
): Promise<number> {
  const reader = await client.request(19, 4, (writer) => {
    writer.array([name], (topic) => {
      writer
        .string(topic)
        .int32(1)
        .int16(1)
        .array([], () => {});
      writer.array(Object.entries(configs), ([key, value]) => writer.string(key).string(value));
    });
    writer.int32(1000).bool(false);
  });
  reader.int32();
  return (
    reader.array(() => [reader.string(), reader.int16(), reader.nullableString()] as const)[0]?.[1] ?? -1
  );
}

async function committedOffset(
  client: WireClient,
  groupId: string,
  topic: string,
): Promise<number | undefined> {
  const reader = await client.request(9, 5, (writer) => {
    writer.string(groupId).array([topic], (name) => writer.string(name).array([0], writer.int32));
  });
  reader.int32();
  return reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const offset = reader.long();
      reader.int32();
      reader.nullableString();
      reader.int16();
      return offset;
    });
  })[0]?.[0];
}

const apiVersions = async (client: WireClient) => {
  const reader = await client.request(18, 0, () => {});
  expect(reader.int16()).toBe(0);
  return reader.array(() => [reader.int16(), reader.int16(), reader.int16()] as const);
};

describe('versions', () => {
  it('offers what librdkafka and kafkajs need, never a version that it does not speak', async () => {
    const client = await open(await start());
    const versions = new Map((await apiVersions(client)).map(([key, min, max]) => [key, [min, max]]));
    expect(versions.get(0)).toEqual([0, 8]);
    expect(versions.get(1)).toEqual([4, 11]);
    expect(versions.get(3)).toEqual([0, 12]);
    expect(versions.get(18)).toEqual([0, 3]);
    expect(versions.size).toBe(19);
  });

  it('answers version 3 of ApiVersions with a plain header, and an unknown one in the form of version 0', async () => {
    const client = await open(await start());
    const flexible = await client.request(
      18,
      3,
      (writer) => writer.string('name').string('1').taggedFields(),
      { flexible: true },
    );
    expect(flexible.int16()).toBe(0);
    const ranges = flexible.array(() => {
      const range = [flexible.int16(), flexible.int16(), flexible.int16()];
      flexible.taggedFields();
      return range;
    });
    expect(ranges).toHaveLength(19);
    const unknown = await client.request(18, 99, (writer) => writer.string('name').taggedFields(), {
      flexible: true,
    });
    expect(unknown.int16()).toBe(35);
  });

  it.each(Array.from({ length: 13 }, (_, version) => version))(
    'answers Metadata version %d',
    async (version) => {
      const broker = await start({ autoCreateTopics: false });
      const client = await open(broker);
      await createTopic(client, 'known');
      const flexible = version >= 9;
      const reader = await client.request(
        3,
        version,
        (writer) => {
          writer.array(['known', 'absent'], (name) => {
            if (version >= 10) writer.uuid(Buffer.alloc(16));
            writer.string(name).taggedFields();
          });
          if (version >= 4) writer.bool(true);
          if (version >= 8 && version <= 10) writer.bool(false);
          if (version >= 8) writer.bool(false);
          writer.taggedFields();
        },
        { flexible },
      );
      if (version >= 3) reader.int32();
      const nodes = reader.array(() => {
        const node = { id: reader.int32(), host: reader.string(), port: reader.int32() };
        if (version >= 1) reader.nullableString();
        reader.taggedFields();
        return node;
      });
      expect(nodes).toEqual([{ id: 1, host: '127.0.0.1', port: broker.port }]);
      if (version >= 2) expect(reader.nullableString()).toHaveLength(22);
      if (version >= 1) expect(reader.int32()).toBe(1);
      const topics = reader.array(() => {
        const error = reader.int16();
        const name = reader.string();
        const id = version >= 10 ? reader.uuid().toString('hex') : '';
        if (version >= 1) reader.bool();
        const partitions = reader.array(() => {
          const partition = [reader.int16(), reader.int32(), reader.int32()];
          if (version >= 7) reader.int32();
          reader.array(() => reader.int32());
          reader.array(() => reader.int32());
          if (version >= 5) reader.array(() => reader.int32());
          reader.taggedFields();
          return partition;
        });
        if (version >= 8) reader.int32();
        reader.taggedFields();
        return { error, name, id, partitions };
      });
      expect(topics).toMatchObject([
        { error: 0, name: 'known', partitions: [[0, 0, 1]] },
        { error: 3, name: 'absent', partitions: [] },
      ]);
      if (version >= 10) expect(topics[0]?.id).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    },
  );

  it('finds a topic by its id, and says which ids are unknown', async () => {
    const client = await open(await start());
    await createTopic(client, 'known');
    const ask = async (ids: Buffer[]) => {
      const reader = await client.request(
        3,
        12,
        (writer) => {
          writer.array(ids, (id) => writer.uuid(id).string(null).taggedFields());
          writer.bool(false).bool(false).taggedFields();
        },
        { flexible: true },
      );
      reader.int32();
      reader.array(() => [
        reader.int32(),
        reader.string(),
        reader.int32(),
        reader.nullableString(),
        reader.taggedFields(),
      ]);
      reader.nullableString();
      reader.int32();
      return reader.array(() => {
        const found = { error: reader.int16(), name: reader.nullableString(), id: reader.uuid() };
        reader.bool();
        reader.array(() => {
          reader.int16();
          reader.int32();
          reader.int32();
          reader.int32();
          for (let list = 0; list < 3; list += 1) reader.array(() => reader.int32());
          reader.taggedFields();
        });
        reader.int32();
        reader.taggedFields();
        return found;
      });
    };
    const stranger = Buffer.alloc(16, 7);
    expect(await ask([stranger])).toEqual([{ error: 100, name: null, id: stranger }]);
  });
});

describe('hostile clients', () => {
  it.each<[string, Buffer]>([
    ['a negative size', Buffer.from('ffffffff', 'hex')],
    ['a size over the limit', Buffer.from('7fffffff', 'hex')],
    ['an unknown API', Buffer.from('0000000a03e7000000000001ffff', 'hex')],
    ['an unknown version', Buffer.from('0000000a000100ff00000001ffff', 'hex')],
    ['a body that ends too early', Buffer.from('0000000a0003000500000001ffff', 'hex')],
    ['a hostile array length', Buffer.from('0000000e0003000500000001ffff7fffffff', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('are cut off after %s, and no one else is', async (_name, bytes) => {
    const broker = await start();
    const [bystander, hostile] = [await open(broker), await open(broker)];
    hostile.sendBytes(bytes);
    await hostile.closed;
    expect(await apiVersions(bystander)).toHaveLength(19);
  });

  it('do not bring the broker down with any bytes as the body of any request', async () => {
    const broker = await start();
    const ranges = await apiVersions(await open(broker));
    const anyVersion = fc.constantFrom(
      ...ranges.flatMap(([key, min, max]) => [[key, min] as const, [key, max] as const]),
    );
    await fc.assert(
      fc.asyncProperty(anyVersion, fc.uint8Array({ maxLength: 120 }), async ([key, version], noise) => {
        const client = await connectWire(broker.address);
        const frame = Buffer.alloc(14 + noise.length);
        frame.writeInt32BE(10 + noise.length, 0);
        frame.writeInt16BE(key, 4);
        frame.writeInt16BE(version, 6);
        frame.writeInt16BE(-1, 12);
        frame.set(noise, 14);
        client.sendBytes(frame);
        client.close();
        await client.closed;
      }),
      { numRuns: 300 },
    );
    expect(await apiVersions(await open(broker))).toHaveLength(19);
  });

  it('cannot make it buffer more than its budget of unfinished requests', async () => {
    const broker = await start({ maxRequestBytes: 1_000_000, maxReceiveBytes: 1 });
    const first = await open(broker);
    const second = await open(broker);
    const unfinished = Buffer.alloc(900_000);
    unfinished.writeInt32BE(1_000_000, 0);
    first.sendBytes(unfinished);
    second.sendBytes(unfinished);
    // The budget is at least one whole request, so one of the two fits and the other is cut off.
    await Promise.race([first.closed, second.closed]);
    expect(await apiVersions(await open(broker))).toHaveLength(19);
  });

  it('are refused beyond the number of connections', async () => {
    const broker = await start({ maxConnections: 2 });
    const kept = await open(broker);
    await apiVersions(kept);
    await apiVersions(await open(broker));
    const refused = connect({ host: broker.host, port: broker.port });
    refused.on('error', () => {});
    await once(refused, 'close');
    expect(await apiVersions(kept)).toHaveLength(19);
  });

  it('that do not read their answers hold one answer in memory, not all', async () => {
    const broker = await start();
    const client = await open(broker);
    await createTopic(client, 'big');
    await produceRaw(client, 'big', 0, encodeBatch([{ value: 'x'.repeat(4_000_000) }]));
    const lazy = connect({ host: broker.host, port: broker.port });
    lazy.pause();
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 100; count += 1) lazy.write(fetchRequest('big', count));
    // The bystander's answers show that the broker has had its turns.
    for (let count = 0; count < 20; count += 1)
      await fetchRaw(client, 'big', 0, { offset: 1, maxWaitMs: 10 });
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(40_000_000);
    const received: number[] = [];
    lazy.on('data', (bytes) => received.push(bytes.length));
    lazy.resume();
    await expect
      .poll(() => received.reduce((sum, bytes) => sum + bytes, 0), { timeout: 10_000 })
      .toBeGreaterThan(400_000_000);
    lazy.destroy();
  });
});

/** Fetch version 4 of partition 0 from offset 0. */
function fetchRequest(topic: string, correlationId: number): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.alloc(10 + 21 + 2 + name.length + 4 + 16);
  let at = body.writeInt16BE(1, 0);
  at = body.writeInt16BE(4, at);
  at = body.writeInt32BE(correlationId, at);
  at = body.writeInt16BE(-1, at);
  at = body.writeInt32BE(-1, at);
  at = body.writeInt32BE(0, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt32BE(10_000_000, at);
  at = body.writeInt8(0, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt16BE(name.length, at);
  at += name.copy(body, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt32BE(0, at);
  at = body.writeBigInt64BE(0n, at);
  body.writeInt32BE(10_000_000, at);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

describe('the data folder', () => {
  it('belongs to one broker at a time', async () => {
    const first = await start();
    await expect(startBroker({ dir })).rejects.toThrow(
      `Another broker (process ${process.pid}) uses the folder ${dir}`,
    );
    await first.stop();
    const second = await start();
    expect(await apiVersions(await open(second))).toHaveLength(19);
  });

  it('is refused in a sentence when it cannot be used', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    await expect(startBroker({ dir: join(file, 'folder') })).rejects.toThrow(/a-file\/folder cannot be made/);
    await writeFile(
      join(dir, 'broker.db'),
      'this is no database, but it is long enough to look at'.repeat(100),
    );
    await expect(startBroker({ dir })).rejects.toThrow(/The broker's database in .* cannot be opened/);
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
    const client = await open(await start());
    await createTopic(client, 'silent');
    // Answers come in order, so the first one after it is that of the next request.
    const next = sendWithoutAcknowledgement(client, 'silent', 77);
    const unanswered = client.request(18, 0, () => {}, { correlationId: 77 });
    unanswered.catch(() => {});
    expect((await next).int16()).toBe(0);
    const other = await open(brokers[0] as Broker);
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
