import { z } from 'zod';

/**
 * Where an event came from: the place of its bytes in the event log. Two events never share one, and a replay of the
 * log yields the same origins, so everything derived from it (ids, counts, lake files) is the same after a replay.
 */
export const EventOrigin = z.object({
  /** The topic's Kafka id (KIP-516), so that a topic that was deleted and created again cannot collide with itself. */
  topicId: z.string().min(1).max(64),
  partition: z.int().min(0),
  offset: z.int().min(0),
  /** Position inside a record that holds a JSON array or several NDJSON lines, from 0. */
  line: z.int().min(0),
});
export type EventOrigin = z.infer<typeof EventOrigin>;
