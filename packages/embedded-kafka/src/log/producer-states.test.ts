import { describe, expect, it } from 'vitest';
import { KafkaError } from '../protocol/error-codes.ts';
import { type BatchHeader, readBatchHeader } from '../protocol/record-batch.ts';
import { encodeBatch } from '../testing/encode-batch.ts';
import { createProducerStates } from './producer-states.ts';

function batch(
  baseSequence: number,
  options: { count?: number; epoch?: number; id?: bigint } = {},
): BatchHeader {
  const { count = 1, epoch = 0, id = 9n } = options;
  const records = Array.from({ length: count }, () => ({ value: 'v' }));
  const header = readBatchHeader(
    encodeBatch(records, { producerId: id, producerEpoch: epoch, baseSequence }),
    0,
  );
  if (header === undefined) throw new Error('the test made no batch');
  return header;
}

describe('createProducerStates', () => {
  it('knows the last five batches again, and no older ones', () => {
    const states = createProducerStates();
    for (let index = 0; index < 6; index += 1) states.record(batch(index * 2, { count: 2 }), index * 2, 0);
    expect([2, 4, 6, 8, 10].map((sequence) => states.findDuplicate(batch(sequence, { count: 2 })))).toEqual([
      2, 4, 6, 8, 10,
    ]);
    expect(() => states.findDuplicate(batch(0, { count: 2 }))).toThrow(KafkaError);
    expect(states.findDuplicate(batch(12))).toBeUndefined();
    expect(() => states.findDuplicate(batch(13))).toThrow(/sequence 13 where 12/);
  });

  it('starts again at 0 after the last sequence number there is', () => {
    const states = createProducerStates();
    states.record(batch(0x7fffffff - 1, { count: 3 }), 0, 0);
    expect(states.findDuplicate(batch(1))).toBeUndefined();
    expect(() => states.findDuplicate(batch(0))).toThrow(KafkaError);
  });

  it('takes a newer epoch from sequence 0 only, and no older one after it', () => {
    const states = createProducerStates();
    states.record(batch(0), 0, 0);
    expect(() => states.findDuplicate(batch(1, { epoch: 1 }))).toThrow(KafkaError);
    expect(states.findDuplicate(batch(0, { epoch: 1 }))).toBeUndefined();
    states.record(batch(0, { epoch: 1 }), 1, 0);
    expect(() => states.findDuplicate(batch(1, { epoch: 0 }))).toThrow(/newer epoch/);
  });

  it('takes any first sequence of a producer it does not know', () => {
    expect(createProducerStates().findDuplicate(batch(77))).toBeUndefined();
  });

  it('forgets a batch whose write failed', () => {
    const states = createProducerStates();
    const first = states.record(batch(0), 0, 0);
    const second = states.record(batch(1), 1, 0);
    second();
    expect(states.findDuplicate(batch(1))).toBeUndefined();
    first();
    expect(states.findDuplicate(batch(5))).toBeUndefined();
  });

  it('is the same after it was written down and read again', () => {
    const states = createProducerStates();
    states.record(batch(0, { id: 2n ** 62n }), 40, 0);
    const again = createProducerStates(states.serialize());
    expect(again.findDuplicate(batch(0, { id: 2n ** 62n }))).toBe(40);
    expect(() => again.findDuplicate(batch(3, { id: 2n ** 62n }))).toThrow(KafkaError);
  });

  it('forgets producers after a day of silence, and keeps a bounded number', () => {
    const states = createProducerStates();
    states.record(batch(0), 0, 0);
    states.expire(86_400_000);
    expect(states.findDuplicate(batch(0))).toBe(0);
    states.expire(86_400_001);
    expect(states.findDuplicate(batch(0))).toBeUndefined();
    for (let id = 0n; id < 20_001n; id += 1n) states.record(batch(0, { id }), Number(id), 0);
    expect(states.findDuplicate(batch(0, { id: 0n }))).toBeUndefined();
    expect(states.findDuplicate(batch(0, { id: 20_000n }))).toBe(20_000);
  });
});
