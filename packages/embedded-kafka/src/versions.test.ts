import { describe, expect, it } from 'vitest';
import { apiVersions, createTopic } from './testing/broker-requests.ts';
import { useBroker } from './testing/use-broker.ts';

const { start, open } = useBroker();

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
