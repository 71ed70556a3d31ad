import { type Severity, severities } from '@parapet/event-model';
import type { RiskWeights } from './risk-weights.ts';

/** Risk levels are named as severities are; their place in this list is OCSF's `risk_level_id`, 0 to 4. */
export const riskLevels = severities;
export type RiskLevel = Severity;

/** OCSF `risk_level`, by `risk_level_id`. */
export const ocsfRiskLevels = ['Info', 'Low', 'Medium', 'High', 'Critical'] as const;

export function riskLevelOf(score: number, levels: RiskWeights['levels']): RiskLevel {
  if (score >= levels.critical) return 'critical';
  if (score >= levels.high) return 'high';
  if (score >= levels.medium) return 'medium';
  return score >= levels.low ? 'low' : 'informational';
}

/** OCSF `risk_level_id` of a level. */
export function riskLevelId(level: RiskLevel): number {
  return riskLevels.indexOf(level);
}
