import { z } from 'zod';
import { RuleSnapshot } from './finding.ts';

/**
 * "The processor detects with this rule", on topic `parapet.rules`, keyed by rule id. Sent for every rule whenever a
 * processor starts; applying one twice changes nothing, and the latest `loadedAt` wins.
 */
export const RuleLoaded = z.object({
  schema: z.literal(1),
  rule: RuleSnapshot,
  /** Epoch milliseconds; the same for all rules of one load. */
  loadedAt: z.number(),
});
export type RuleLoaded = z.infer<typeof RuleLoaded>;
