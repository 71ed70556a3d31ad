import { z } from 'zod';

const points = z.number().min(0).max(100);
const fraction = z.number().min(0).max(1);

/** At most `max` names, each with its points. */
const pointsByName = (max: number, name = z.string().min(1).max(200)) =>
  z
    .record(name, points)
    .refine((given) => Object.keys(given).length <= max, `must have at most ${max} entries`);

const byLevel = { informational: 5, low: 20, medium: 40, high: 60, critical: 80 };

const Levels = z
  .strictObject({
    low: points.default(20),
    medium: points.default(40),
    high: points.default(60),
    critical: points.default(80),
  })
  .refine(
    ({ low, medium, high, critical }) => low <= medium && medium <= high && high <= critical,
    'must rise from low to critical',
  );

const EventWeights = z.strictObject({
  /** Points of a rule by its level, unless the rule's id or a tag such as `risk.70` says otherwise. */
  ruleLevels: z
    .strictObject({
      informational: points.default(byLevel.informational),
      low: points.default(byLevel.low),
      medium: points.default(byLevel.medium),
      high: points.default(byLevel.high),
      critical: points.default(byLevel.critical),
    })
    .prefault({}),
  /** Points of single rules, by id. */
  rules: pointsByName(10_000).default({}),
  /** What every further rule on the same event counts, as a part of the one before it in falling order. */
  furtherRules: fraction.default(0.5),
  /** Points of an indicator that is certain; one of confidence 60 counts 60 % of it. */
  indicator: points.default(50),
  /** Confidence of an indicator whose list gives none, 0 to 100. */
  indicatorConfidence: points.default(50),
  /** Points of the severity that the source itself gave the event, by its OCSF name. */
  severities: z
    .strictObject({
      informational: points.default(0),
      low: points.default(0),
      medium: points.default(5),
      high: points.default(10),
      critical: points.default(20),
      fatal: points.default(20),
    })
    .prefault({}),
  /** Points of an asset or a user by its criticality. */
  criticality: z
    .strictObject({
      low: points.default(0),
      medium: points.default(5),
      high: points.default(10),
      critical: points.default(20),
    })
    .prefault({}),
  privilegedUser: points.default(10),
  /** Points of network zones, by name. */
  zones: pointsByName(1000).default({ dmz: 5 }),
  /** Points of countries, by ISO 3166-1 alpha-2 code. */
  countries: pointsByName(300, z.string().regex(/^[A-Z]{2}$/, 'must be a two-letter country code')).default(
    {},
  ),
  /** Points of autonomous systems, by number. */
  autonomousSystems: pointsByName(
    10_000,
    z.string().regex(/^\d{1,10}$/, 'must be the number of an autonomous system'),
  ).default({}),
});

const EntityWeights = z.strictObject({
  /** Hours after its last event in which an alert loses half of its points. After ten times as long it counts nothing. */
  halfLifeHours: z.number().min(1).max(8760).default(168),
  /** The sum of points that makes a score of 50; twice as much makes 75. */
  scale: z.number().min(1).max(1000).default(40),
  /** What part of its points an alert counts by its status. */
  status: z
    .strictObject({
      open: fraction.default(1),
      acknowledged: fraction.default(1),
      resolved: fraction.default(0),
    })
    .prefault({}),
  /** What every further alert of the same rule counts, as a part of the one before it in falling order. */
  furtherAlerts: fraction.default(0.5),
  /** What an alert gains each time its count of events doubles, as a part of its points; it never more than doubles. */
  doubledCount: fraction.default(0.05),
});

/** What makes a risk score, and how much. Points are 0 to 100. */
export const RiskWeights = z.strictObject({
  /** The lowest score of each level; below `low` it is informational. */
  levels: Levels.prefault({}),
  event: EventWeights.prefault({}),
  entity: EntityWeights.prefault({}),
});
export type RiskWeights = z.infer<typeof RiskWeights>;

export const defaultRiskWeights: RiskWeights = RiskWeights.parse({});
