import { Prisma, type PrismaClient } from '@parapet/database';
import type { DeadLetter as DeadLetterMessage, DeadLetterReason } from '@parapet/event-model';
import { definePaging, type Page } from '@parapet/subgraph';
import { z } from 'zod';

/** A dead letter without its bytes. */
export interface DeadLetter {
  readonly id: string;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly line: number;
  readonly receivedAt: Date;
  readonly rejectedAt: Date;
  readonly bytesTruncated: boolean;
  readonly size: number;
  readonly file: string | null;
  readonly fileLine: number | null;
}

/** The latest rejected first; the id breaks ties. */
export const deadLetterPaging = definePaging({
  name: 'deadLetters',
  version: 1,
  key: z.tuple([z.number(), z.string().max(200)]),
});
export const deadLetterKey = (letter: DeadLetter): [number, string] => [
  letter.rejectedAt.getTime(),
  letter.id,
];

export interface DeadLetterStore {
  /** Keeps dead letters by where they came from: keeping one again changes nothing. */
  keep(letters: readonly DeadLetterMessage[]): Promise<void>;
  list(reason: DeadLetterReason | null, page: Page<[number, string]>): Promise<DeadLetter[]>;
  bytes(ids: readonly string[]): Promise<Map<string, Uint8Array>>;
  count(): Promise<number>;
  /** The most frequent reason first; reasons without dead letters are left out. */
  countByReason(): Promise<{ reason: DeadLetterReason; count: number }[]>;
  /** Forgets what was rejected before `before`, at most 5000 at a time. Resolves with how many. */
  prune(before: Date): Promise<number>;
}

const pruneBatch = 5000;

export function createDeadLetterStore(prisma: PrismaClient): DeadLetterStore {
  return {
    async keep(letters) {
      const records = letters.map(({ origin, ...letter }) => ({
        ...letter,
        id: `${origin.topicId}/${origin.partition}/${origin.offset}/${origin.line}`,
        ...origin,
        receivedAt: toTimestamp(letter.receivedAt),
        rejectedAt: toTimestamp(letter.rejectedAt),
      }));
      await prisma.$executeRaw`
        INSERT INTO dead_letters (id, reason, detail, topic, topic_id, partition, "offset", line, received_at, rejected_at,
          bytes, bytes_truncated, size, file, file_line)
        SELECT id, reason, detail, topic, "topicId", partition, "offset", line, "receivedAt", "rejectedAt",
          decode(bytes, 'base64'), "bytesTruncated", size, file, "fileLine"
        FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS record(
          id text, reason text, detail text, topic text, "topicId" text, partition int, "offset" bigint, line int,
          "receivedAt" timestamptz, "rejectedAt" timestamptz, bytes text, "bytesTruncated" boolean, size int,
          file text, "fileLine" int)
        ORDER BY id
        ON CONFLICT DO NOTHING`;
    },
    list(reason, page) {
      const conditions = [Prisma.sql`true`];
      if (reason !== null) conditions.push(Prisma.sql`reason = ${reason}`);
      if (page.after) {
        const [time, id] = page.after;
        const at = Prisma.sql`${new Date(time).toISOString()}::timestamptz`;
        // The first half lets the index seek; the second breaks ties.
        conditions.push(Prisma.sql`rejected_at <= ${at} AND (rejected_at < ${at} OR id > ${id})`);
      }
      return prisma.$queryRaw<DeadLetter[]>`
        SELECT id, reason, detail, topic, topic_id AS "topicId", partition, "offset", line, received_at AS "receivedAt",
          rejected_at AS "rejectedAt", bytes_truncated AS "bytesTruncated", size, file, file_line AS "fileLine"
        FROM dead_letters WHERE ${Prisma.join(conditions, ' AND ')}
        ORDER BY rejected_at DESC, id LIMIT ${page.limit}`;
    },
    async bytes(ids) {
      const rows = await prisma.$queryRaw<{ id: string; bytes: Uint8Array }[]>`
        SELECT id, bytes FROM dead_letters WHERE id = ANY(${ids as string[]}::text[])`;
      return new Map(rows.map(({ id, bytes }) => [id, bytes]));
    },
    count: () => prisma.deadLetter.count(),
    countByReason: () => prisma.$queryRaw<{ reason: DeadLetterReason; count: number }[]>`
      SELECT reason, count(*)::int AS count FROM dead_letters GROUP BY reason ORDER BY count DESC, reason`,
    prune: (before) => prisma.$executeRaw`
      DELETE FROM dead_letters WHERE id IN (
        SELECT id FROM dead_letters WHERE rejected_at < ${before.toISOString()}::timestamptz
        ORDER BY rejected_at LIMIT ${pruneBatch})`,
  };
}

const earliest = Date.parse('0001-01-01T00:00:00Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

function toTimestamp(ms: number): string {
  return new Date(Math.min(latest, Math.max(earliest, ms))).toISOString();
}
