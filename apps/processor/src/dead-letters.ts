import { boundedText, type DeadLetter, type RawRecord, type RejectedLine } from '@parapet/event-model';
import { undecodableHeader } from '@parapet/kafka';

/** Bytes of what was rejected that travel with the dead letter. */
const maxBytes = 256 * 1024;

/** The message that tells what could not be used and why. */
export function toDeadLetter(rejected: RejectedLine, topic: string, now: number): DeadLetter {
  const { record, line, reason, detail, bytes } = rejected;
  const file = record.headers['parapet-file'];
  const fileLine = Number(record.headers['parapet-line'] ?? Number.NaN);
  return {
    schema: 1,
    reason,
    detail: boundedText(detail, 1000),
    origin: { topicId: record.topicId, partition: record.partition, offset: record.offset, line },
    topic,
    receivedAt: record.timestamp,
    rejectedAt: now,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxBytes)).toString(
      'base64',
    ),
    bytesTruncated: bytes.byteLength > maxBytes,
    size: bytes.byteLength,
    ...(file === undefined ? {} : { file: boundedText(file, 4096) }),
    ...(Number.isInteger(fileLine) && fileLine >= 0 && fileLine < 2 ** 31 ? { fileLine } : {}),
  };
}

/** Records whose Kafka batch did not unpack: the Kafka room puts an empty record with a header in their place. */
export function toDamaged(record: RawRecord): RejectedLine | undefined {
  const reason = record.value === null ? record.headers[undecodableHeader] : undefined;
  if (reason === undefined) return undefined;
  return {
    record,
    line: 0,
    reason: 'damaged_batch',
    detail: `The Kafka batch that held the record does not unpack: ${reason}`,
    bytes: new Uint8Array(),
  };
}
