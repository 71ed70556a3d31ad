import { createHash } from 'node:crypto';
import type { EventOrigin } from './origin.ts';

const timeDigits = 9;

/** What stands for a topic in event ids: 8 hex digits of its Kafka id's hash. */
export function topicTag(topicId: string): string {
  // A process reads few topics, batch after batch.
  if (topicId !== lastTag.topicId)
    lastTag = { topicId, tag: createHash('sha256').update(topicId).digest('hex').slice(0, 8) };
  return lastTag.tag;
}

let lastTag: { readonly topicId: string | undefined; readonly tag: string } = { topicId: undefined, tag: '' };

/**
 * The id of an event: its time, then where its bytes are in the log, so that ids sort by time, two events never share
 * one and a replay makes the same. At most 40 characters of `0-9a-z-` for records of up to 46,656 events.
 * `time` is epoch milliseconds from 0 to the year 5188.
 */
export function eventId(time: number, tag: string, origin: Omit<EventOrigin, 'topicId'>): string {
  const place = `${origin.partition.toString(36)}-${origin.offset.toString(36)}-${origin.line.toString(36)}`;
  return `${time.toString(36).padStart(timeDigits, '0')}${tag}-${place}`;
}

/** The time in an event's id; undefined when the event had none of its own and neither had its record, or this is no such id. */
export function timeOfEventId(id: string): number | undefined {
  const digits = /^([0-9a-z]{9})[0-9a-f]{8}-[0-9a-z]+-[0-9a-z]+-[0-9a-z]+$/.exec(id)?.[1];
  const time = digits === undefined ? 0 : Number.parseInt(digits, 36);
  return time > 0 ? time : undefined;
}
