import type { Scalar } from './column-batch.ts';
import type { Condition } from './condition.ts';
import type { Modifier } from './modifiers.ts';
import type { Position } from './rule-error.ts';

export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

export const statuses = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
export type Status = (typeof statuses)[number];

export const relations = ['derived', 'obsolete', 'merged', 'renamed', 'similar'] as const;

/** What kind of log a rule looks at, or an event is. A part that is absent is not asked about. */
export interface LogSource {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
}

/** `field|modifier|modifier: values`. Without a field the values are keywords, looked for in every value of the event. */
export interface DetectionItem {
  readonly field?: string;
  readonly modifiers: readonly Modifier[];
  readonly values: readonly Scalar[];
  /** Where the key is written. */
  readonly at: Position;
  /** Where each value is written. */
  readonly valuesAt: readonly Position[];
}

/** The body of one search identifier: maps are `all`, lists are `any`. */
export type DetectionNode =
  | { readonly kind: 'all' | 'any'; readonly of: readonly DetectionNode[] }
  | { readonly kind: 'item'; readonly item: DetectionItem };

export interface Detection {
  /** The search identifiers by name, in the order of the file. */
  readonly searches: ReadonlyMap<string, DetectionNode>;
  /** A rule holds when one of its conditions holds; nearly every rule has one. */
  readonly conditions: readonly Condition[];
  readonly conditionsAt: readonly Position[];
}

/** What rules, correlations and filters have in common. */
export interface RuleMetadata {
  /** The rule's own id, or one made from its content (not its path) where it has none. */
  readonly id: string;
  readonly title: string;
  readonly name?: string;
  readonly taxonomy?: string;
  readonly status?: Status;
  readonly description?: string;
  readonly license?: string;
  readonly author?: string;
  readonly references: readonly string[];
  readonly date?: string;
  readonly modified?: string;
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  /** As the rule says; `medium` where it says nothing. */
  readonly level: Level;
  readonly related: readonly { readonly id: string; readonly type: (typeof relations)[number] }[];
  readonly fields: readonly string[];
  readonly scope: readonly string[];
  readonly path?: string;
  /** Line of the document's first key, from 1. */
  readonly line: number;
}

/** A parsed Sigma rule. */
export interface SigmaRule extends RuleMetadata {
  readonly logsource: LogSource & { readonly definition?: string };
  readonly detection: Detection;
}
