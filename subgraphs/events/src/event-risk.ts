import { parseRiskContributions, type RiskLevel, riskLevels } from '@parapet/detection';
import type { RiskContribution } from '@parapet/event-model';
import type { LakeRow } from '@parapet/lake';

/** The risk that is stored with an event. An event without a score, or stored before there were any, has 0. */
export function riskScoreOf({ riskScore }: LakeRow): number {
  return riskScore ?? 0;
}

export function riskLevelOf({ riskScore, attributes }: LakeRow): RiskLevel {
  const id = riskScore === undefined ? undefined : attributes['risk_level_id'];
  return (typeof id === 'number' ? riskLevels[id] : undefined) ?? 'informational';
}

export function riskContributionsOf({ riskScore, attributes }: LakeRow): readonly RiskContribution[] {
  return riskScore === undefined ? [] : parseRiskContributions(attributes['risk_contributions']);
}
