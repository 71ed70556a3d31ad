import type { z } from 'zod';

/** The part of a Kafka record that matters here. */
export interface MessageRecord {
  readonly value: Uint8Array | null;
  readonly partition: number;
  readonly offset: number;
}

export interface Message<T> {
  readonly value: T;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Records of one of Parapet's own topics as validated messages. One that does not validate is handed to `onInvalid` and left out:
 * it can never be used, and must not stop those behind it. Empty records (tombstones) are left out silently.
 *
 * What PostgreSQL cannot keep in text, NUL and halves of surrogate pairs, becomes U+FFFD.
 */
export function readMessages<T>(
  schema: z.ZodType<T>,
  records: readonly MessageRecord[],
  onInvalid: (record: MessageRecord, problem: string) => void,
): Message<T>[] {
  return records.flatMap((record) => {
    if (record.value === null || record.value.length === 0) return [];
    const text = decoder.decode(record.value);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      onInvalid(record, 'not JSON');
      return [];
    }
    // Neither can stand in JSON text but as an escape.
    const parsed = schema.safeParse(/\\u(0000|d[89a-f])/i.test(text) ? toStorable(json) : json);
    if (parsed.success) {
      return [{ value: parsed.data, partition: record.partition, offset: record.offset }];
    }
    const issue = parsed.error.issues[0];
    onInvalid(record, `${issue?.path.join('.')}: ${issue?.message}`);
    return [];
  });
}

const decoder = new TextDecoder('utf-8');

function toStorable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\u0000', '\uFFFD').toWellFormed();
  if (Array.isArray(value)) return value.map(toStorable);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [String(toStorable(key)), toStorable(child)]),
    );
  }
  return value;
}
