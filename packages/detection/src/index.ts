export { type AttackTechnique, tacticsOf, techniquesOf } from './attack.ts';
export { createDetector, type Detected, type Detector, type DetectorRules } from './detector.ts';
export { fingerprintOf } from './fingerprint.ts';
export {
  createObservationThrottle,
  type ObservationThrottle,
  type ObservationThrottleOptions,
} from './observation-throttle.ts';
export { observe } from './observe.ts';
export { toRuleSnapshot } from './rule-snapshot.ts';
