import { z } from 'zod';
import { deadLetterReasons } from '../decoder.ts';
import { EventOrigin } from '../origin.ts';

/** What could not be used, on topic `parapet.events.dlq`. The bytes travel as base64 and are cut at 256 KiB. */
export const DeadLetter = z.object({
  schema: z.literal(1),
  reason: z.enum(deadLetterReasons),
  detail: z.string().max(1000),
  origin: EventOrigin,
  topic: z.string().max(249),
  /** Kafka timestamp of the record, epoch milliseconds. */
  receivedAt: z.number(),
  rejectedAt: z.number(),
  bytes: z.base64().max(360_000),
  bytesTruncated: z.boolean(),
  /** Size of what was rejected before it was cut. */
  size: z.int().min(0),
  file: z.string().max(4096).optional(),
  fileLine: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
