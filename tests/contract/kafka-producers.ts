import { encodeBatch, fetchRaw, produceRaw } from '@parapet/embedded-kafka/testing';
import { describe, expect, it } from 'vitest';
import type { KafkaUnderTest } from './kafka-contract.ts';
import { newProducerId, useKafka } from './kafka-fixture.ts';

const outOfOrder = 45;
const staleEpoch = 47;

export function describeIdempotentProducers(start: () => Promise<KafkaUnderTest>): void {
  describe('idempotent producers', () => {
    const fixture = useKafka(start);

    it('gives every producer an id of its own', async () => {
      const client = await fixture.wire();
      const ids = [await newProducerId(client), await newProducerId(client)];
      expect(ids[0]?.id).not.toBe(ids[1]?.id);
    });

    it('stores a batch that is sent again once, and answers with its first offset', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const { id, epoch } = await newProducerId(client);
      const batch = (sequence: number) =>
        encodeBatch([{ value: `${sequence}` }, { value: `${sequence + 1}` }], {
          producerId: id,
          producerEpoch: epoch,
          baseSequence: sequence,
        });
      expect(await produceRaw(client, topic, 0, batch(0))).toMatchObject({ error: 0, baseOffset: 0 });
      expect(await produceRaw(client, topic, 0, batch(2))).toMatchObject({ error: 0, baseOffset: 2 });
      expect(await produceRaw(client, topic, 0, batch(0))).toMatchObject({ error: 0, baseOffset: 0 });
      expect(await produceRaw(client, topic, 0, batch(2))).toMatchObject({ error: 0, baseOffset: 2 });
      expect((await fetchRaw(client, topic, 0, { offset: 0 })).endOffset).toBe(4);
    });

    it('refuses a gap in the sequence and an old epoch', async () => {
      const topic = await fixture.topic();
      const client = await fixture.wire();
      const { id } = await newProducerId(client);
      const batch = (baseSequence: number, producerEpoch: number) =>
        encodeBatch([{ value: 'v' }], { producerId: id, producerEpoch, baseSequence });
      expect((await produceRaw(client, topic, 0, batch(0, 1))).error).toBe(0);
      expect((await produceRaw(client, topic, 0, batch(5, 1))).error).toBe(outOfOrder);
      expect((await produceRaw(client, topic, 0, batch(1, 0))).error).toBe(staleEpoch);
      expect((await produceRaw(client, topic, 0, batch(1, 1))).error).toBe(0);
    });

    it('still knows the last batches after a crash', async () => {
      // Kafka forgets producers whose records are of yesterday.
      const baseTimestamp = Date.now();
      const topic = await fixture.topic();
      const before = await fixture.wire();
      const { id, epoch } = await newProducerId(before);
      const batch = (baseSequence: number) =>
        encodeBatch([{ value: 'v' }], { producerId: id, producerEpoch: epoch, baseSequence, baseTimestamp });
      await produceRaw(before, topic, 0, batch(0));
      await produceRaw(before, topic, 0, batch(1));
      await fixture.broker.crashAndRestart();
      const after = await fixture.wire();
      expect(await produceRaw(after, topic, 0, batch(1))).toMatchObject({ error: 0, baseOffset: 1 });
      expect(await produceRaw(after, topic, 0, batch(2))).toMatchObject({ error: 0, baseOffset: 2 });
      const fresh = await newProducerId(after);
      expect(fresh.id).not.toBe(id);
    });

    it('serves the idempotent producer of a client library', async () => {
      const topic = await fixture.topic();
      const producer = await fixture.producer({ idempotent: true, maxInFlightRequests: 1 });
      for (let round = 0; round < 5; round += 1) {
        const [result] = await producer.send({ topic, acks: -1, messages: [{ value: 'a' }, { value: 'b' }] });
        expect(result?.baseOffset).toBe(String(round * 2));
      }
    });
  });
}
