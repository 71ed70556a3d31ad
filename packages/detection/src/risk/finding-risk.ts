import type { EvidenceEvent, Finding } from '@parapet/event-model';
import { boundedContributions } from './risk-attributes.ts';
import type { RiskScores } from './risk-scorer.ts';

/**
 * The findings of a batch, each with the score of its riskiest evidence event and what made it.
 * @param rowOf the row of an evidence event in the batch
 */
export function withRisk(
  findings: readonly Finding[],
  rowOf: (evidence: EvidenceEvent) => number | undefined,
  scores: RiskScores,
): Finding[] {
  return findings.map((finding) => {
    const [riskiest] = finding.evidence
      .flatMap((event) => rowOf(event) ?? [])
      .filter((row) => scores.scores[row] !== 0)
      .sort((a, b) => (scores.sums[b] ?? 0) - (scores.sums[a] ?? 0) || a - b);
    if (riskiest === undefined) return { ...finding, riskScore: 0, riskContributions: [] };
    return {
      ...finding,
      riskScore: scores.scores[riskiest] ?? 0,
      riskContributions: boundedContributions(scores.contributionsOf(riskiest)),
    };
  });
}
