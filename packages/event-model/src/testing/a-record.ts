import { Buffer } from 'node:buffer';
import type { RawRecord } from '../decoder.ts';

/** The Kafka timestamp of test records. */
export const recordTime = Date.UTC(2026, 0, 15, 9, 0, 0);

/** A record of a text or of bytes. */
export function aRecord(value: string | Uint8Array | null, overrides: Partial<RawRecord> = {}): RawRecord {
  return {
    topicId: 'topic',
    partition: 3,
    offset: 42,
    timestamp: recordTime,
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: {},
    ...overrides,
  };
}

/** The bytes in the middle of a bigger buffer whose other bytes would make sense as JSON: what is there must not be read. */
export function withinBuffer(bytes: Uint8Array, before = 3, behind = '",:}]0123"}}}]]]'): Uint8Array {
  const buffer = Buffer.alloc(before + bytes.length + behind.length, '{"a":');
  buffer.set(bytes, before);
  buffer.write(behind, before + bytes.length, 'latin1');
  return new Uint8Array(buffer.buffer, buffer.byteOffset + before, bytes.length);
}
