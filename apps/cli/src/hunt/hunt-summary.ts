import { tacticsOf, techniquesOf } from '@parapet/detection';
import {
  type Level,
  levels,
  type RuleError,
  type SigmaCorrelation,
  type SigmaFilter,
  type SigmaRule,
} from '@parapet/sigma';
import type { MatchComparison } from '../matches/match-report.ts';
import { type Unheard, unheardOf } from '../rules/unheard.ts';
import { count } from './hunt-totals.ts';
import type { HuntOutcome } from './run-hunt.ts';

/** What is told about the rules of a hunt. */
export interface HuntRules {
  readonly rules: readonly SigmaRule[];
  /** By index in `rules`, those that were used. */
  readonly used: readonly boolean[];
  readonly correlations: readonly SigmaCorrelation[];
  readonly filters: readonly SigmaFilter[];
  readonly errors: readonly RuleError[];
  readonly files: number;
  /** Rules left out because of their level. */
  readonly belowLevel: number;
}

/** The result of a hunt, as `--json` prints it. Times are ISO 8601 in UTC. */
export interface HuntSummary {
  readonly files: number;
  readonly events: number;
  readonly bytes: number;
  readonly unpackedBytes: number;
  readonly workers: number;
  /** From the first byte read to the last event looked at, seconds. */
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly firstTime?: string;
  readonly lastTime?: string;
  readonly outsideTimeRange: number;
  readonly matchedEvents: number;
  readonly matches: number;
  /** Matches by level, the most severe first; levels without matches are left out. */
  readonly levels: readonly { readonly level: Level; readonly rules: number; readonly matches: number }[];
  /** The most severe first, then the most frequent. The author is there because the licence of shared rules asks for it. */
  readonly rules: readonly MatchedRule[];
  readonly tactics: readonly { readonly name: string; readonly matches: number }[];
  readonly techniques: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly matches: number;
  }[];
  readonly sources: readonly { readonly source: string; readonly events: number }[];
  readonly rejected: readonly { readonly reason: string; readonly count: number }[];
  readonly unreadable: HuntOutcome['unreadable'];
  readonly empty: readonly string[];
  readonly ruleFiles: number;
  readonly rulesLoaded: number;
  readonly rulesByStatus: Readonly<Record<string, number>>;
  readonly rulesRefused: Readonly<Record<string, number>>;
  readonly rulesBelowLevel: number;
  /** Log sources of loaded rules that no events are taken for. */
  readonly unheard: readonly Unheard[];
  /** Rules over several events, which a hunt does not evaluate; the rules they refer to are told one by one. */
  readonly correlations: number;
  readonly filters: number;
  readonly comparison?: MatchComparison;
}

export interface MatchedRule {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly author?: string;
  readonly path?: string;
  readonly matches: number;
  readonly firstTime?: string;
  readonly lastTime?: string;
}

export function summarize(
  outcome: HuntOutcome,
  about: HuntRules,
  run: { readonly workers: number; readonly ms: number },
): HuntSummary {
  const { totals } = outcome;
  const seconds = run.ms / 1000;
  const found = [...totals.rules.values()].flatMap((counted) => {
    const rule = about.rules[counted.rule];
    return rule === undefined ? [] : [{ rule, counted }];
  });
  const tactics = new Map<string, number>();
  const techniques = new Map<string, number>();
  const names = new Map<string, string | null>();
  for (const { rule, counted } of found) {
    for (const tactic of tacticsOf(rule.tags)) count(tactics, tactic, counted.count);
    for (const { id, name } of techniquesOf(rule.tags)) {
      names.set(id, name);
      count(techniques, id, counted.count);
    }
  }
  const loaded = about.rules.filter((_, index) => about.used[index]);
  const refused = countBy(about.errors.map(({ code }) => code));
  return {
    files: outcome.files,
    events: totals.events,
    bytes: outcome.bytes,
    unpackedBytes: outcome.unpackedBytes,
    workers: run.workers,
    seconds: Math.round(seconds * 1000) / 1000,
    eventsPerSecond: Math.round(totals.events / Math.max(0.001, seconds)),
    ...times(totals),
    outsideTimeRange: totals.outside,
    matchedEvents: totals.matchedEvents,
    matches: totals.matches,
    levels: levels.toReversed().flatMap((level) => {
      const ofLevel = found.filter(({ rule }) => rule.level === level);
      const matches = ofLevel.reduce((sum, { counted }) => sum + counted.count, 0);
      return ofLevel.length === 0 ? [] : [{ level, rules: ofLevel.length, matches }];
    }),
    rules: found
      .toSorted(
        (one, other) =>
          levels.indexOf(other.rule.level) - levels.indexOf(one.rule.level) ||
          other.counted.count - one.counted.count ||
          (one.rule.id < other.rule.id ? -1 : 1),
      )
      .map(({ rule: { id, title, level, author, path }, counted }) => ({
        id,
        title,
        level,
        ...(author === undefined ? {} : { author }),
        ...(path === undefined ? {} : { path }),
        matches: counted.count,
        ...times(counted),
      })),
    tactics: mostFirst(tactics).map(([name, matches]) => ({ name, matches })),
    techniques: mostFirst(techniques).map(([id, matches]) => ({ id, name: names.get(id) ?? null, matches })),
    sources: mostFirst(totals.sources).map(([source, events]) => ({ source, events })),
    rejected: mostFirst(totals.reasons).map(([reason, times]) => ({ reason, count: times })),
    unreadable: outcome.unreadable,
    empty: outcome.empty,
    ruleFiles: about.files,
    rulesLoaded: loaded.length,
    rulesByStatus: countBy(loaded.map(({ status }) => status ?? 'no status')),
    rulesRefused: refused,
    rulesBelowLevel: about.belowLevel,
    unheard: unheardOf(loaded),
    correlations: about.correlations.length,
    filters: about.filters.length,
  };
}

function times({ firstTime, lastTime }: { readonly firstTime: number; readonly lastTime: number }) {
  return Number.isFinite(firstTime)
    ? { firstTime: new Date(firstTime).toISOString(), lastTime: new Date(lastTime).toISOString() }
    : {};
}

const countBy = (keys: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, list]) => [key, list.length]));

const mostFirst = <K extends string>(counts: ReadonlyMap<K, number>): [K, number][] =>
  [...counts].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
