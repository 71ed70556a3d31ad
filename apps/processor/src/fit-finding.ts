import type { Finding } from '@parapet/event-model';

/**
 * The finding as messages of at most `maxBytes` each: evidence is trimmed first (raw text, then events beyond the first),
 * then the counted records are dealt to several messages, in order, so that the counts add up to the same.
 */
export function fitFinding(finding: Finding, maxBytes: number): Finding[] {
  if (sizeOf(finding) <= maxBytes) return [finding];
  const withoutMatches = sizeOf({ ...finding, matches: [] });
  const rawLimits = [16_384, 4_096, 1_024, 0];
  let trimmed = finding;
  for (const limit of rawLimits) {
    if (withoutMatches <= maxBytes / 2) break;
    trimmed = { ...trimmed, evidence: finding.evidence.map((event) => cutRaw(event, limit)) };
    if (sizeOf({ ...trimmed, matches: [] }) <= maxBytes / 2) break;
    if (limit === 0)
      trimmed = { ...trimmed, evidence: trimmed.evidence.slice(0, 1), rule: cutRule(trimmed.rule) };
  }
  const room = Math.max(maxBytes / 4, maxBytes - sizeOf({ ...trimmed, matches: [] }));
  const parts: Finding[] = [];
  for (const matches of dealMatches(finding.matches, room)) {
    const evidence =
      parts.length === 0
        ? trimmed.evidence
        : trimmed.evidence.slice(0, 1).map((event) => cutRaw(event, 1_024));
    parts.push({ ...trimmed, matches, evidence });
  }
  return parts;
}

const sizeOf = (finding: Finding): number => Buffer.byteLength(JSON.stringify(finding));

function cutRaw(event: Finding['evidence'][number], limit: number): Finding['evidence'][number] {
  if (event.raw.length <= limit) return event;
  return { ...event, raw: event.raw.slice(0, limit).toWellFormed(), rawTruncated: true };
}

function cutRule(rule: Finding['rule']): Finding['rule'] {
  const { description, ...rest } = rule;
  return {
    ...rest,
    references: rule.references.slice(0, 10),
    falsePositives: rule.falsePositives.slice(0, 10),
  };
}

function* dealMatches(matches: Finding['matches'], room: number): Generator<Finding['matches']> {
  let part: Finding['matches'] = [];
  let bytes = 0;
  for (const match of matches) {
    const size = JSON.stringify(match).length + 1;
    if (part.length > 0 && bytes + size > room) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(match);
    bytes += size;
  }
  yield part;
}
