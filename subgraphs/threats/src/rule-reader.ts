import { Prisma, type PrismaClient } from '@parapet/database';
import type { RuleSnapshot } from '@parapet/event-model';
import { definePaging, type Page } from '@parapet/subgraph';
import { z } from 'zod';

export interface DetectionRule {
  readonly id: string;
  readonly snapshot: RuleSnapshot;
  readonly updatedAt: Date;
}

export const rulePaging = definePaging({
  name: 'detectionRules',
  version: 1,
  key: z.tuple([z.string().max(1000), z.string().max(200)]),
});
export const ruleKey = (rule: DetectionRule): [string, string] => [rule.snapshot.title, rule.id];

export interface RuleReader {
  byIds(ids: readonly string[]): Promise<Map<string, DetectionRule>>;
  /** By title. `search` is part of the title, the id or a tag, in any case. */
  list(search: string | null, page: Page<[string, string]>): Promise<DetectionRule[]>;
}

interface RuleRow {
  id: string;
  snapshot: RuleSnapshot;
  updated_at: Date;
}

export function createRuleReader(prisma: PrismaClient): RuleReader {
  const toRule = ({ id, snapshot, updated_at }: RuleRow) => ({ id, snapshot, updatedAt: updated_at });
  return {
    async byIds(ids) {
      const rows = await prisma.$queryRaw<RuleRow[]>`
        SELECT id, snapshot, updated_at FROM detection_rules WHERE id = ANY(${ids as string[]}::text[])`;
      return new Map(rows.map((row) => [row.id, toRule(row)]));
    },
    async list(search, page) {
      const conditions = [Prisma.sql`true`];
      if (search !== null) {
        const part = search.toLowerCase();
        conditions.push(Prisma.sql`(
          position(${part} in lower(title)) > 0 OR position(${part} in lower(id)) > 0
          OR position(${part} in lower(snapshot->>'tags')) > 0)`);
      }
      // Byte order, so that the cursor and the sort agree whatever the database's collation.
      if (page.after) {
        const [title, id] = page.after;
        conditions.push(Prisma.sql`(title COLLATE "C", id COLLATE "C") > (${title}, ${id})`);
      }
      const rows = await prisma.$queryRaw<RuleRow[]>`
        SELECT id, snapshot, updated_at FROM detection_rules WHERE ${Prisma.join(conditions, ' AND ')}
        ORDER BY title COLLATE "C", id COLLATE "C" LIMIT ${page.limit}`;
      return rows.map(toRule);
    },
  };
}
