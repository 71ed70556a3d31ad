import type { EventBatch } from './columns/event-batch.ts';

/** One record as it came from Kafka. */
export interface RawRecord {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  /** Kafka timestamp, epoch milliseconds. */
  readonly timestamp: number;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Why something could not be used: a closed set, also the metric label and the `reason` of a dead letter. */
export const deadLetterReasons = [
  'empty_record',
  'invalid_utf8',
  'invalid_json',
  'not_an_object',
  'too_deep',
  'too_large',
  'too_many_lines',
  'invalid_time',
  'unknown_source',
  /** The Kafka batch around the record does not unpack. */
  'damaged_batch',
  /** A fault of ours on this one record; the log tells more. */
  'internal_error',
] as const;
export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** What could not be used, with the bytes it was found in: one line of a batch record, or the whole record. */
export interface RejectedLine {
  readonly record: RawRecord;
  readonly line: number;
  readonly reason: DeadLetterReason;
  /** A sentence for people, with the byte position where one is known. Never holds the event's content. */
  readonly detail: string;
  readonly bytes: Uint8Array;
}

export interface DecodedRecords {
  /** One batch per source found among the records. */
  readonly batches: readonly EventBatch[];
  readonly rejected: readonly RejectedLine[];
}

/** From records to batches. Never throws for bad input: what cannot be used is in `rejected`. */
export interface DecoderLimits {
  /** Bytes of one event. @default 1 MiB */
  readonly maxEventBytes: number;
  /** Levels of nesting of one event. @default 64 */
  readonly maxDepth: number;
  /** Events in one record. @default 10,000 */
  readonly maxLines: number;
  /** Bytes of one field's distinct values before they are forgotten. @default 8 MiB */
  readonly maxDictionaryBytes: number;
  /** Bytes of all distinct values together. @default 192 MiB */
  readonly maxTotalDictionaryBytes: number;
}

export interface Decoder {
  /** @throws Error once the decoder was closed */
  decode(records: readonly RawRecord[]): DecodedRecords;
  /** Bytes of memory beside the heap: what is read at the moment, and the dictionaries. It grows and never shrinks. */
  readonly memoryBytes: number;
  /**
   * Hands the memory on to the next decoder of the thread; batches are no longer valid. A decoder that is not closed keeps its memory until
   * it is collected, of whose size the garbage collector knows nothing.
   */
  close(): void;
}
