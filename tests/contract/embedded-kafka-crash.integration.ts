import { once } from 'node:events';
import {
  commitRaw,
  connectWire,
  encodeBatch,
  fetchRaw,
  initProducerId,
  produceRaw,
} from '@parapet/embedded-kafka/testing';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedKafka, startEmbeddedKafkaProcess } from './start-embedded-kafka.ts';

let broker: EmbeddedKafka | undefined;

afterEach(async () => {
  await broker?.stop();
  broker = undefined;
});

async function started(options: Parameters<typeof startEmbeddedKafkaProcess>[0]): Promise<EmbeddedKafka> {
  broker = await startEmbeddedKafkaProcess(options);
  const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'events', numPartitions: partitions }] });
  await admin.disconnect();
  return broker;
}

const partitions = 3;

/** The sequence numbers written as values, in order, of everything in a partition. */
async function readValues(address: string, partition: number): Promise<number[]> {
  const client = await connectWire(address);
  const values: number[] = [];
  let offset = 0;
  for (;;) {
    const { error, records, endOffset } = await fetchRaw(client, 'events', partition, { offset });
    expect(error).toBe(0);
    if (offset === endOffset) break;
    for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
      expect(Number(records.readBigInt64BE(at))).toBe(offset);
      values.push(records.readInt32BE(at + 53));
      offset += 1;
    }
  }
  client.close();
  return values;
}

describe('a broker killed in the middle of writing', () => {
  // Small segments, so that it is killed in rolls as well.
  it.each(['never', 'always'] as const)(
    'has every batch it acknowledged exactly once, with fsync %s',
    async (fsync) => {
      const kafka = await started({ fsync, segmentBytes: 300_000 });
      const value = 'x'.repeat(20_000);
      const acknowledged = new Array<number>(partitions).fill(0);
      const producers = await Promise.all(
        acknowledged.map(async () => {
          const client = await connectWire(kafka.address);
          const { id, epoch } = await initProducerId(client);
          client.close();
          return { id, epoch };
        }),
      );
      const batch = (partition: number, baseSequence: number) =>
        encodeBatch([{ value }], {
          producerId: producers[partition]?.id ?? -1n,
          producerEpoch: producers[partition]?.epoch ?? 0,
          baseSequence,
        });

      /** Sends until the broker is gone, with up to four batches under way. */
      async function sendUntilKilled(partition: number, enough: () => void): Promise<void> {
        const client = await connectWire(kafka.address);
        let next = acknowledged[partition] ?? 0;
        const sendOn = async () => {
          for (;;) {
            const sequence = next;
            next += 1;
            const { error } = await produceRaw(client, 'events', partition, batch(partition, sequence));
            expect(error).toBe(0);
            acknowledged[partition] = Math.max(acknowledged[partition] ?? 0, sequence + 1);
            enough();
          }
        };
        await Promise.allSettled(Array.from({ length: 4 }, sendOn));
      }

      for (let crash = 1; crash <= 3; crash += 1) {
        let left = 40 * partitions;
        let killed: Promise<void> | undefined;
        const sending = acknowledged.map((_, partition) =>
          sendUntilKilled(partition, () => {
            left -= 1;
            if (left === 0) killed = kafka.kill();
          }),
        );
        await Promise.all(sending);
        await killed;
        await kafka.restart();
        for (let partition = 0; partition < partitions; partition += 1) {
          const values = await readValues(kafka.address, partition);
          expect(values.length).toBeGreaterThanOrEqual(acknowledged[partition] ?? 0);
          expect(values).toEqual(values.map((_, index) => index));
          // What came through without an answer is known: sent again, it is not stored again.
          const client = await connectWire(kafka.address);
          for (let sequence = Math.max(0, values.length - 2); sequence <= values.length; sequence += 1) {
            expect(await produceRaw(client, 'events', partition, batch(partition, sequence))).toMatchObject({
              error: 0,
              baseOffset: sequence,
            });
          }
          client.close();
          acknowledged[partition] = values.length + 1;
        }
      }
    },
  );

  it('keeps the last offset it acknowledged', async () => {
    const kafka = await started({});
    const client = await connectWire(kafka.address);
    let committed = 0;
    const committing = (async () => {
      for (;;) {
        expect(await commitRaw(client, 'group', 'events', committed + 1)).toBe(0);
        committed += 1;
        if (committed === 500) await kafka.kill();
      }
    })();
    await expect(committing).rejects.toThrow(/connection/);
    await kafka.restart();
    const again = await connectWire(kafka.address);
    const reader = await again.request(9, 5, (writer) => {
      writer.string('group').array(['events'], (name) => writer.string(name).array([0], writer.int32));
    });
    reader.int32();
    const [offset] = reader.array(() => {
      reader.string();
      return reader.array(
        () => [reader.int32(), reader.long(), reader.int32(), reader.nullableString(), reader.int16()][1],
      );
    });
    expect(offset).toEqual([committed]);
    again.close();
  });

  it('takes over the folder from the broker that was killed, and not from one that lives', async () => {
    const kafka = await started({});
    const second = startEmbeddedKafkaProcess({ dir: kafka.dir });
    await expect(second).rejects.toThrow('before it was ready');
    await kafka.crashAndRestart();
    const client = await connectWire(kafka.address);
    expect((await fetchRaw(client, 'events', 0, { offset: 0 })).error).toBe(0);
    client.close();
    await Promise.race([client.closed, once(process, 'exit')]);
  });
});
