import { z } from 'zod';

/** What can speak for a risk: what happened (rule, indicator, severity), then whom and where it happened to. */
export const riskReasons = [
  'rule',
  'indicator',
  'severity',
  'asset',
  'user',
  'zone',
  'location',
  'autonomous_system',
] as const;
export type RiskReason = (typeof riskReasons)[number];

/** One reason for a risk score, with what it adds. The points of all reasons add up to the sum behind the score. */
export const RiskContribution = z.object({
  reason: z.enum(riskReasons),
  /** For people, e.g. `dc01 is of critical criticality (device.hostname)`. */
  label: z.string().max(300),
  points: z.number().min(0).max(1000),
  /** Who says so: the rule's id, the enrichment provider's name, or the source profile's id. */
  source: z.string().max(200),
});
export type RiskContribution = z.infer<typeof RiskContribution>;

/** Contributions that a message or a stored event holds, at most. */
export const maxRiskContributions = 20;
