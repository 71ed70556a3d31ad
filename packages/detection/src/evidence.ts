import { Buffer } from 'node:buffer';
import type { Entities, EventBatch, EvidenceEvent } from '@parapet/event-model';

/** Bytes of an event that evidence keeps. */
export const maxRawBytes = 65_536;

export function evidenceOf(batch: EventBatch, row: number, entities: Entities): EvidenceEvent {
  const bytes = batch.raw(row);
  const rawTruncated = bytes.length > maxRawBytes;
  const kept = rawTruncated ? bytes.subarray(0, characterBorder(bytes, maxRawBytes)) : bytes;
  return {
    id: batch.id(row),
    time: batch.times[row] ?? 0,
    source: batch.source.slice(0, 100),
    origin: batch.origin(row),
    entities,
    raw: Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength).toString('utf8'),
    rawTruncated,
  };
}

/** The last position up to `limit` that is not inside a UTF-8 character. */
function characterBorder(bytes: Uint8Array, limit: number): number {
  let at = limit;
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}
