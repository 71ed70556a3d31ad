import { z } from 'zod';
import { severities } from '../severity.ts';
import { Entities, RuleSnapshot } from './finding.ts';

export const alertStatuses = ['open', 'acknowledged', 'resolved'] as const;
export type AlertStatus = (typeof alertStatuses)[number];

/**
 * One state change of one alert on topic `parapet.alerts`, keyed by alert id. `sequence` rises by one or more with every
 * change of any alert and never repeats: a reader that has seen N drops everything up to N.
 */
export const AlertChange = z.object({
  schema: z.literal(1),
  sequence: z.int().min(1),
  /** `raised`: new, or open again after it was resolved. `updated`: more events. `status_changed`: somebody acted. */
  change: z.enum(['raised', 'updated', 'status_changed']),
  at: z.number(),
  alert: z.object({
    id: z.string().min(1).max(100),
    fingerprint: z.string().max(100),
    status: z.enum(alertStatuses),
    severity: z.enum(severities),
    title: z.string().max(1000),
    rule: RuleSnapshot,
    entities: Entities,
    assetHandle: z.string().max(100).optional(),
    count: z.int().min(1),
    firstSeen: z.number(),
    lastSeen: z.number(),
    createdAt: z.number(),
    updatedAt: z.number(),
  }),
  /** Kafka timestamp of the earliest raw record behind this change; absent for changes made by people. */
  receivedAt: z.number().optional(),
});
export type AlertChange = z.infer<typeof AlertChange>;
