import type { PrismaClient } from '@parapet/database';
import type { RuleLoaded, RuleSnapshot } from '@parapet/event-model';
import { toTimestamp } from './alert-rows.ts';

export interface RuleStore {
  /** Keeps rules as a processor loaded them; the latest load wins. */
  keepLoaded(rules: readonly RuleLoaded[]): Promise<void>;
  /** Keeps rules that fired and that no processor has told of. */
  keepFired(rules: readonly RuleSnapshot[]): Promise<void>;
}

/** Bounds what is remembered of rules that are kept already. */
const maxRemembered = 50_000;

export function createRuleStore(prisma: PrismaClient): RuleStore {
  const kept = new Set<string>();

  async function upsert(rules: readonly { rule: RuleSnapshot; at: number }[]): Promise<void> {
    const records = rules.map(({ rule, at }) => ({
      id: rule.id,
      title: rule.title,
      level: rule.level,
      status: rule.status ?? null,
      author: rule.author ?? null,
      snapshot: rule,
      updated_at: toTimestamp(at),
    }));
    await prisma.$executeRaw`
      INSERT INTO detection_rules (id, title, level, status, author, snapshot, updated_at)
      SELECT id, title, level, status, author, snapshot, updated_at
      FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS record(
        id text, title text, level severity, status text, author text, snapshot jsonb, updated_at timestamptz)
      ORDER BY id
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, level = excluded.level, status = excluded.status,
        author = excluded.author, snapshot = excluded.snapshot, updated_at = excluded.updated_at
      WHERE detection_rules.updated_at < excluded.updated_at`;
    if (kept.size > maxRemembered) kept.clear();
    for (const { rule } of rules) kept.add(rule.id);
  }

  return {
    async keepLoaded(messages) {
      // One row cannot be written twice by one statement.
      const latest = new Map<string, { rule: RuleSnapshot; at: number }>();
      for (const { rule, loadedAt } of messages) {
        if ((latest.get(rule.id)?.at ?? -Infinity) <= loadedAt) latest.set(rule.id, { rule, at: loadedAt });
      }
      if (latest.size > 0) await upsert([...latest.values()]);
    },
    async keepFired(rules) {
      const unknown = new Map(rules.filter(({ id }) => !kept.has(id)).map((rule) => [rule.id, rule]));
      // Older than any load, so that what a processor tells wins.
      if (unknown.size > 0) await upsert([...unknown.values()].map((rule) => ({ rule, at: 0 })));
    },
  };
}
