import type { EventBatch, Finding } from '@parapet/event-model';
import { boundedContributions } from './risk-attributes.ts';
import type { RiskScores } from './risk-scorer.ts';

/** The findings of a batch, each with the score of its riskiest evidence event and what made it. */
export function withRisk(findings: readonly Finding[], batch: EventBatch, scores: RiskScores): Finding[] {
  const rows = rowsOfEvidence(findings, batch, scores);
  return findings.map((finding) => {
    const [riskiest] = finding.evidence
      .flatMap(({ id }) => rows.get(id) ?? [])
      .sort((a, b) => (scores.sums[b] ?? 0) - (scores.sums[a] ?? 0) || a - b);
    if (riskiest === undefined) return { ...finding, riskScore: 0, riskContributions: [] };
    return {
      ...finding,
      riskScore: scores.scores[riskiest] ?? 0,
      riskContributions: boundedContributions(scores.contributionsOf(riskiest)),
    };
  });
}

/** Rows of the evidence that has a score, by event id. Evidence is of a finding's first events, so the search ends early. */
function rowsOfEvidence(findings: readonly Finding[], batch: EventBatch, scores: RiskScores) {
  const wanted = new Set(findings.flatMap(({ evidence }) => evidence.map(({ id }) => id)));
  const rows = new Map<string, number>();
  for (let row = 0; row < batch.length && wanted.size > 0; row++) {
    if (scores.scores[row] === 0) continue;
    const id = batch.id(row);
    if (wanted.delete(id)) rows.set(id, row);
  }
  return rows;
}
