import { maxRiskContributions, RiskContribution } from '@parapet/event-model';
import { z } from 'zod';
import { ocsfRiskLevels, riskLevelId } from './risk-level.ts';
import type { RiskScores } from './risk-scorer.ts';

/** The OCSF attributes of an event's risk. */
export type RiskAttributes = {
  readonly risk_score: number;
  readonly risk_level_id: number;
  readonly risk_level: string;
  /** Contributions as a JSON array of `[reason, label, points, source]`; read it by {@link parseRiskContributions}. */
  readonly risk_contributions: string;
};

/** What is stored with an event; undefined for an event without a score, so that it costs nothing. */
export function toRiskAttributes(scores: RiskScores, row: number): RiskAttributes | undefined {
  const score = scores.scores[row] ?? 0;
  if (score === 0) return undefined;
  const id = riskLevelId(scores.levelOf(row));
  return {
    risk_score: score,
    risk_level_id: id,
    risk_level: ocsfRiskLevels[id] ?? 'Info',
    risk_contributions: JSON.stringify(
      boundedContributions(scores.contributionsOf(row)).map(({ reason, label, points, source }) => [
        reason,
        label,
        points,
        source,
      ]),
    ),
  };
}

const { reason, label, points, source } = RiskContribution.shape;
const Stored = z.array(z.tuple([reason, label, points, source])).max(maxRiskContributions);
/** Above what the bounds of the contributions allow, with every character escaped. */
const maxStoredLength = 100_000;

/** Reads back `risk_contributions`. What is not such a text, as from a source of its own that has this attribute, gives none. */
export function parseRiskContributions(text: unknown): readonly RiskContribution[] {
  if (typeof text !== 'string' || text.length > maxStoredLength) return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const stored = Stored.safeParse(json);
  if (!stored.success) return [];
  return stored.data.map(([reason, label, points, source]) => ({ reason, label, points, source }));
}

/**
 * At most {@link maxRiskContributions}, with points rounded to hundredths. When many rules hold, the lightest become one
 * contribution with the points of all of them.
 */
export function boundedContributions(contributions: readonly RiskContribution[]): RiskContribution[] {
  const excess = contributions.length - maxRiskContributions;
  const rules = contributions.filter(({ reason }) => reason === 'rule');
  // Only rules can be many: the other reasons give one contribution each.
  const folded = new Set(excess > 0 ? rules.slice(rules.length - excess - 1) : []);
  const kept = contributions.filter((one) => !folded.has(one));
  if (folded.size > 0) {
    const points = [...folded].reduce((sum, one) => sum + one.points, 0);
    kept.push({ reason: 'rule', label: `${folded.size} more rules`, points, source: '' });
  }
  return kept.map((one) => ({ ...one, points: Math.round(one.points * 100) / 100 }));
}
