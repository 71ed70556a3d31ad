import { KafkaError } from '../protocol/error-codes.ts';
import type { BatchHeader } from '../protocol/record-batch.ts';

/**
 * What one partition remembers of each idempotent producer: epoch and the last five batches, so that a batch sent
 * again after a lost answer is recognised and a gap is refused (KIP-98; five is what clients may have in flight).
 */
export interface ProducerStates {
  /**
   * Base offset of the earlier copy when the batch is a duplicate; undefined when it is the next one in sequence.
   * @throws KafkaError OUT_OF_ORDER_SEQUENCE_NUMBER or INVALID_PRODUCER_EPOCH
   */
  findDuplicate(batch: BatchHeader): number | undefined;
  /** Remembers an appended batch. The function returned forgets it again, for when the write fails. */
  record(batch: BatchHeader, baseOffset: number, now: number): () => void;
  /** Forgets producers not heard from for a day. */
  expire(now: number): void;
  serialize(): string;
}

interface RememberedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

interface ProducerState {
  readonly epoch: number;
  readonly batches: readonly RememberedBatch[];
  readonly lastUsed: number;
}

const rememberedBatches = 5;
const maxProducers = 20_000;
const idleMs = 86_400_000;
const maxSequence = 0x7fffffff;

/** @param serialized what `serialize` gave; @throws when it is not that. */
export function createProducerStates(serialized?: string): ProducerStates {
  // In order of last use, because `record` deletes before it sets.
  const producers = new Map<bigint, ProducerState>();
  if (serialized !== undefined) {
    for (const [id, state] of JSON.parse(serialized) as [string, ProducerState][])
      producers.set(BigInt(id), state);
  }

  return {
    findDuplicate(batch) {
      const state = producers.get(batch.producerId);
      if (state === undefined) return undefined;
      if (batch.producerEpoch < state.epoch) {
        throw new KafkaError(
          'INVALID_PRODUCER_EPOCH',
          `Producer ${batch.producerId} has a newer epoch, ${state.epoch}.`,
        );
      }
      const { firstSequence, lastSequence } = sequences(batch);
      if (batch.producerEpoch > state.epoch) {
        if (firstSequence === 0) return undefined;
        throw outOfOrder(batch, 0);
      }
      const earlier = state.batches.find(
        (known) => known.firstSequence === firstSequence && known.lastSequence === lastSequence,
      );
      if (earlier !== undefined) return earlier.baseOffset;
      const expected = addToSequence(state.batches.at(-1)?.lastSequence ?? -1, 1);
      if (firstSequence !== expected) throw outOfOrder(batch, expected);
      return undefined;
    },

    record(batch, baseOffset, now) {
      const before = producers.get(batch.producerId);
      const known = before?.epoch === batch.producerEpoch ? before.batches : [];
      const batches = [...known, { ...sequences(batch), baseOffset }].slice(-rememberedBatches);
      producers.delete(batch.producerId);
      producers.set(batch.producerId, { epoch: batch.producerEpoch, batches, lastUsed: now });
      if (producers.size > maxProducers) {
        const oldest = producers.keys().next();
        if (!oldest.done) producers.delete(oldest.value);
      }
      return () => {
        if (before === undefined) producers.delete(batch.producerId);
        else producers.set(batch.producerId, before);
      };
    },

    expire(now) {
      for (const [id, state] of producers) {
        if (now - state.lastUsed > idleMs) producers.delete(id);
      }
    },

    serialize: () => JSON.stringify([...producers].map(([id, state]) => [id.toString(), state])),
  };
}

function sequences(batch: BatchHeader): { firstSequence: number; lastSequence: number } {
  return {
    firstSequence: batch.baseSequence,
    lastSequence: addToSequence(batch.baseSequence, batch.recordCount - 1),
  };
}

/** Sequence numbers go from 0 to 2^31 - 1 and then start again at 0. */
function addToSequence(sequence: number, count: number): number {
  return (sequence + count) % (maxSequence + 1);
}

function outOfOrder(batch: BatchHeader, expected: number): KafkaError {
  return new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `Producer ${batch.producerId} sent sequence ${batch.baseSequence} where ${expected} was expected.`,
  );
}
