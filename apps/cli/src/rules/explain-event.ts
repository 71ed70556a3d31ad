import { type EventBatch, parseJson, sourceProfiles } from '@parapet/event-model';
import {
  compileRules,
  type Explanation,
  type LogSource,
  type SigmaFilter,
  type SigmaRule,
} from '@parapet/sigma';
import type { Placeholders } from './read-placeholders.ts';

/** What a rule makes of one event. */
export interface ExplainedEvent {
  /** Source profile that the event was taken for. */
  readonly source: string;
  /** Sigma log sources of the event. */
  readonly logSources: readonly LogSource[];
  /** Whether rules of this log source look at the event at all. */
  readonly isRouted: boolean;
  /** Whether its parts hold, whatever the log source. */
  readonly explanation: Explanation;
}

/** Explains events to one rule as the detector sees them: fields by the names that the source's profile gives them. */
export interface RuleExplainer {
  /** Fields that the rule reads. */
  readonly fields: ReadonlySet<string>;
  /** Whether rules of this log source look at the event at all. */
  isAsked(batch: EventBatch, row: number): boolean;
  explain(batch: EventBatch, row: number): ExplainedEvent;
}

/** `filters` that are about the rule narrow it, `placeholders` are what it may expand. Answers the reasons instead when the rule cannot be compiled. */
export function createRuleExplainer(
  rule: SigmaRule,
  {
    filters,
    placeholders,
  }: { readonly filters: readonly SigmaFilter[]; readonly placeholders: Placeholders },
): RuleExplainer | { readonly refused: readonly { readonly message: string; readonly line: number }[] } {
  const set = compileRules([rule], { filters, placeholders });
  const [compiled] = set.rules;
  if (compiled === undefined) return { refused: set.errors };
  const logSourcesOf = (batch: EventBatch, row: number) => batch.logSources[batch.routes[row] ?? 0] ?? [];
  const isAsked = (batch: EventBatch, row: number) =>
    set.forLogSources(logSourcesOf(batch, row)).rules.length > 0;
  return {
    fields: set.fields,
    isAsked,
    explain(batch, row) {
      const seen = Object.fromEntries(
        Array.from(set.fields, (name) => {
          const column = batch.field(name);
          const code = column?.codes[row] ?? 0;
          // A key of that name hides what the raw event may have under it.
          return [name, code === 0 ? undefined : column?.dictionary.valueOf(code)];
        }),
      );
      const raw = parseJson(Buffer.from(batch.raw(row)).toString('utf8')) as Record<string, unknown>;
      return {
        source: batch.source,
        logSources: logSourcesOf(batch, row),
        isRouted: isAsked(batch, row),
        explanation: set.explain(compiled, { ...raw, ...seen }),
      };
    },
  };
}

/** `windows/process_creation`: the parts that are there. */
export const logSourceName = ({ product, category, service }: LogSource): string =>
  [product, category, service].filter((part) => part !== undefined).join('/') || 'none';

/** Sources whose events rules of this log source look at. */
export function sourcesOf(logsource: LogSource): string[] {
  const covers = (one: LogSource) =>
    (['product', 'category', 'service'] as const).every(
      (part) => logsource[part] === undefined || logsource[part] === one[part],
    );
  return sourceProfiles
    .filter(({ kinds }) => kinds.some(({ logSources }) => logSources.some(covers)))
    .map(({ id }) => id);
}
