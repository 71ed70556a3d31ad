import { boundedText, type RuleSnapshot } from '@parapet/event-model';
import type { SigmaRule } from '@parapet/sigma';

/** Together the texts of one list take at most this many UTF-16 units, so that a finding fits into a Kafka message. */
const maxListText = 20_000;

/** What an alert keeps of the rule that raised it, within the bounds of `RuleSnapshot`. */
export function toRuleSnapshot(rule: SigmaRule): RuleSnapshot {
  return {
    id: boundedText(rule.id, 200),
    title: boundedText(rule.title, 1000),
    level: rule.level,
    references: list(rule.references, 2000),
    tags: list(rule.tags, 200),
    falsePositives: list(rule.falsePositives, 2000),
    ...optional('description', rule.description, 20_000),
    ...optional('status', rule.status, 50),
    ...optional('author', rule.author, 2000),
    ...optional('license', rule.license, 200),
  };
}

function optional<K extends string>(key: K, text: string | undefined, limit: number): { [P in K]?: string } {
  const entry: { [P in K]?: string } = {};
  if (text !== undefined) entry[key] = boundedText(text, limit);
  return entry;
}

function list(texts: readonly string[], limit: number): string[] {
  const kept: string[] = [];
  let size = 0;
  for (const text of texts.slice(0, 100)) {
    const bounded = boundedText(text, limit);
    size += bounded.length;
    if (size > maxListText) break;
    kept.push(bounded);
  }
  return kept;
}
