import type { DeadLetterReason } from '@parapet/event-model';
import type { Level, RuleError, SigmaFilter, SigmaRule } from '@parapet/sigma';
import type { EventPlace } from '../input/chunk-events.ts';
import type { Placeholders } from '../rules/read-placeholders.ts';

/** What a worker is started with. */
export interface HuntSetup {
  /** Results name a rule by its index in this list. */
  readonly rules: readonly SigmaRule[];
  readonly filters: readonly SigmaFilter[];
  readonly placeholders: Placeholders;
  /** Matches of rules below it are not told. */
  readonly minLevel: Level;
  /** Source profile that all events are of; recognised when undefined. */
  readonly source: string | undefined;
  /** Event times to look at, epoch milliseconds: `from` and later, before `to`. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Tell of each matching event its time, source and entities. */
  readonly details: boolean;
  /** Tell of each refused event what it is. */
  readonly rejected: boolean;
}

/** Whole events of one file for a worker. */
export interface HuntTask {
  readonly bytes: Uint8Array;
  readonly place: EventPlace;
  readonly first: number;
  /** Events to take at most. */
  readonly limit: number;
}

/** What the rules of one worker are. */
export interface HuntReady {
  /** By index in `HuntSetup.rules`, those that are used. */
  readonly used: readonly boolean[];
  /** What is wrong with rules that were refused. */
  readonly errors: readonly RuleError[];
}

/** Counts of one rule: events, and their first and last time (epoch milliseconds; infinite when no event had a time). */
export interface RuleCount {
  readonly rule: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

/** An event that could not be used. */
export interface RejectedEvent {
  readonly position: number;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly text: string;
}

/** What a worker found in a task. */
export interface HuntResult {
  readonly events: number;
  /** Events that the time range leaves out; they are in `events` too. */
  readonly outside: number;
  /** Infinite when no event had a time. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly sources: readonly (readonly [source: string, events: number])[];
  readonly reasons: readonly (readonly [reason: DeadLetterReason, events: number])[];
  readonly rejected: readonly RejectedEvent[];
  readonly counts: readonly RuleCount[];
  /** Matching events in their order, each as: position, number of rules, the rules by index. */
  readonly matches: Float64Array;
  /** One JSON object a matching event, when details were asked for. */
  readonly details: readonly string[];
}

export type HuntRequest = { readonly id: number; readonly task: HuntTask };
export type HuntReply =
  | { readonly kind: 'ready'; readonly ready: HuntReady }
  | { readonly kind: 'result'; readonly id: number; readonly result: HuntResult };
