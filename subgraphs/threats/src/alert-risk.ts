import { contributionsOfRules, type RiskLevel, type RiskWeights, riskLevelOf } from '@parapet/detection';
import type { RiskContribution } from '@parapet/event-model';
import type { Alert } from './alert-state.ts';

/** Why an alert matters. */
export interface AlertRisk {
  readonly score: number;
  readonly level: RiskLevel;
  readonly contributions: readonly RiskContribution[];
}

/** The score its events brought; where none was scored, what its rule alone weighs. */
export function riskOfAlert(
  alert: Pick<Alert, 'riskScore' | 'riskContributions' | 'rule'>,
  weights: RiskWeights,
): AlertRisk {
  const contributions =
    alert.riskScore === null
      ? contributionsOfRules([alert.rule], weights).filter(({ points }) => points > 0)
      : alert.riskContributions;
  const score = alert.riskScore ?? Math.round(contributions[0]?.points ?? 0);
  return { score, level: riskLevelOf(score, weights.levels), contributions };
}
