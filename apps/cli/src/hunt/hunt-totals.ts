import type { DeadLetterReason } from '@parapet/event-model';
import type { HuntResult, RuleCount } from './hunt-messages.ts';

/** What was found in all files. */
export interface HuntTotals {
  events: number;
  /** Events that the time range left out; they are in `events` too. */
  outside: number;
  matchedEvents: number;
  /** A rule for an event. */
  matches: number;
  /** Epoch milliseconds; infinite when no event had a time. */
  firstTime: number;
  lastTime: number;
  readonly sources: Map<string, number>;
  readonly reasons: Map<DeadLetterReason, number>;
  /** By index of the rule. */
  readonly rules: Map<number, RuleCount>;
}

export function createTotals(): HuntTotals {
  return {
    events: 0,
    outside: 0,
    matchedEvents: 0,
    matches: 0,
    firstTime: Number.POSITIVE_INFINITY,
    lastTime: Number.NEGATIVE_INFINITY,
    sources: new Map(),
    reasons: new Map(),
    rules: new Map(),
  };
}

export function addResult(totals: HuntTotals, result: HuntResult): void {
  totals.events += result.events;
  totals.outside += result.outside;
  totals.firstTime = Math.min(totals.firstTime, result.firstTime);
  totals.lastTime = Math.max(totals.lastTime, result.lastTime);
  for (const [source, events] of result.sources) count(totals.sources, source, events);
  for (const [reason, events] of result.reasons) count(totals.reasons, reason, events);
  for (const one of result.counts) {
    const known = totals.rules.get(one.rule);
    totals.matches += one.count;
    totals.rules.set(one.rule, {
      rule: one.rule,
      count: one.count + (known?.count ?? 0),
      firstTime: Math.min(one.firstTime, known?.firstTime ?? one.firstTime),
      lastTime: Math.max(one.lastTime, known?.lastTime ?? one.lastTime),
    });
  }
}

export function count<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
