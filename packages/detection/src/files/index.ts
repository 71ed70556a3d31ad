export { readRiskWeights } from './read-risk-weights.ts';
