export { type AttackTechnique, tacticsOf, techniquesOf } from './attack.ts';
export { createDetector, type Detected, type Detector, type DetectorRules } from './detector.ts';
export {
  type Analysed,
  type AnalysedBatch,
  createEngine,
  type Engine,
  type EngineEnricher,
  type EngineParts,
  engineBatchBytes,
} from './engine.ts';
export { fingerprintOf } from './fingerprint.ts';
export { mergeFindings } from './merge-findings.ts';
export {
  createObservationThrottle,
  type ObservationThrottle,
  type ObservationThrottleOptions,
} from './observation-throttle.ts';
export { observe } from './observe.ts';
export type { RiskAnswer, RiskColumn } from './risk/answer-points.ts';
export {
  type AlertContribution,
  type EntityRisk,
  riskHorizonMs,
  scoreEntity,
  type WeighedAlert,
} from './risk/entity-risk.ts';
export { withRisk } from './risk/finding-risk.ts';
export { parseRiskWeights, RiskWeightsError } from './risk/parse-risk-weights.ts';
export { parseRiskContributions, type RiskAttributes, toRiskAttributes } from './risk/risk-attributes.ts';
export { type RiskLevel, riskLevelOf, riskLevels } from './risk/risk-level.ts';
export {
  createRiskScorer,
  type RiskEnrichment,
  type RiskMatches,
  type RiskScorer,
  type RiskScores,
} from './risk/risk-scorer.ts';
export { defaultRiskWeights, type RiskWeights } from './risk/risk-weights.ts';
export { contributionsOfRules, pointsOfRule } from './risk/rule-points.ts';
export { toRuleSnapshot } from './rule-snapshot.ts';
