import { crc32c } from '@node-rs/crc32';
import { KafkaError } from './error-codes.ts';
import { countRecords } from './records.ts';

/**
 * The header of a record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch). Batches are kept as
 * they came: only base offset and leader epoch are written, in place, and the CRC does not cover those.
 */
export interface BatchHeader {
  readonly baseOffset: number;
  /** Of the whole batch, header included. */
  readonly sizeBytes: number;
  readonly attributes: number;
  readonly lastOffset: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1n: not an idempotent producer. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** Bytes of a batch before its first record. */
export const batchHeaderBytes = 61;
/** Bytes before the part that `batchLength` counts. */
const lengthPrefixBytes = 12;
const crcStart = 21;
const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * Size of the batch at `at`, or undefined when too few bytes are there to know it or they cannot be a batch.
 * Trusts nothing else of the header.
 */
export function batchSizeAt(buffer: Buffer, at: number): number | undefined {
  if (at + lengthPrefixBytes > buffer.length) return undefined;
  const size = buffer.readInt32BE(at + 8) + lengthPrefixBytes;
  return size >= batchHeaderBytes ? size : undefined;
}

/** The header of the batch at `at`; undefined when fewer than 61 bytes are there or they cannot be a magic 2 batch. */
export function readBatchHeader(buffer: Buffer, at: number): BatchHeader | undefined {
  if (at + batchHeaderBytes > buffer.length) return undefined;
  const sizeBytes = batchSizeAt(buffer, at);
  if (sizeBytes === undefined || buffer.readInt8(at + 16) !== 2) return undefined;
  const baseOffset = Number(buffer.readBigInt64BE(at));
  return {
    baseOffset,
    sizeBytes,
    attributes: buffer.readInt16BE(at + 21),
    lastOffset: baseOffset + buffer.readInt32BE(at + 23),
    baseTimestamp: Number(buffer.readBigInt64BE(at + 27)),
    maxTimestamp: Number(buffer.readBigInt64BE(at + 35)),
    producerId: buffer.readBigInt64BE(at + 43),
    producerEpoch: buffer.readInt16BE(at + 51),
    baseSequence: buffer.readInt32BE(at + 53),
    recordCount: buffer.readInt32BE(at + 57),
  };
}

/** Whether the whole batch at `at`, whose header is `header`, is there and its CRC-32C is right. */
export function isBatchIntact(buffer: Buffer, at: number, header: BatchHeader): boolean {
  if (at + header.sizeBytes > buffer.length) return false;
  const body = buffer.subarray(at + crcStart, at + header.sizeBytes);
  return crc32c(body) === buffer.readUInt32BE(at + 17);
}

/** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export function batchCodec(header: BatchHeader): number {
  return header.attributes & 0x07;
}

/** Writes the two fields a broker sets. */
export function assignOffset(batch: Buffer, baseOffset: number): void {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  batch.writeInt32BE(0, lengthPrefixBytes);
}

/** Most records of one batch. A header may claim 2^31 in a few bytes, and consumers make room for what it claims. */
const maxRecordsInBatch = 200_000;

/**
 * The one batch of a produce request, checked: intact, of a known codec, with offsets 0 to n-1. The records inside a
 * compressed batch are not unpacked; those of an uncompressed one are walked.
 * @throws KafkaError with what is wrong.
 */
export function parseProducedBatch(records: Buffer, maxBytes: number): BatchHeader {
  if (records.length > maxBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `A batch of ${records.length} bytes is more than the ${maxBytes} allowed; send smaller batches.`,
    );
  }
  if (records.length > 16 && records.readInt8(16) < 2) {
    throw new KafkaError(
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      'Message formats 0 and 1 are not taken; use a client that speaks Kafka 0.11 or newer.',
    );
  }
  const header = readBatchHeader(records, 0);
  if (header === undefined || header.sizeBytes > records.length) {
    throw new KafkaError('CORRUPT_MESSAGE', 'The record batch is cut off or not a batch of format 2.');
  }
  if (header.sizeBytes < records.length) {
    throw new KafkaError('INVALID_RECORD', 'A produce request holds more than one batch for a partition.');
  }
  if (!isBatchIntact(records, 0, header)) {
    throw new KafkaError('CORRUPT_MESSAGE', 'The CRC-32C of the record batch is wrong.');
  }
  if (codecNames[batchCodec(header)] === undefined) {
    throw new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `Compression codec ${batchCodec(header)} is unknown.`,
    );
  }
  // Bit 3: log append time, bit 4: transactional, bit 5: control. Only brokers set the first and the last.
  if ((header.attributes & 0x08) !== 0) {
    throw new KafkaError('INVALID_TIMESTAMP', 'A producer may not set the log append time type.');
  }
  if ((header.attributes & 0x30) !== 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      'Transactional and control batches are not supported by this broker.',
    );
  }
  const count = header.recordCount;
  if (count < 1 || header.lastOffset - header.baseOffset !== count - 1) {
    throw new KafkaError(
      'INVALID_RECORD',
      `The batch says ${count} records but ends at offset delta ${header.lastOffset - header.baseOffset}.`,
    );
  }
  if (count > maxRecordsInBatch) {
    throw new KafkaError(
      'INVALID_RECORD',
      `The batch says it holds ${count} records; ${maxRecordsInBatch} are allowed. Send smaller batches.`,
    );
  }
  if (header.producerId >= 0n && header.baseSequence < 0) {
    throw new KafkaError('INVALID_RECORD', 'A batch of an idempotent producer has no sequence number.');
  }
  if (batchCodec(header) === 0 && countRecords(records.subarray(batchHeaderBytes)) !== count) {
    throw new KafkaError('INVALID_RECORD', `The batch does not hold the ${count} records it says.`);
  }
  return header;
}
