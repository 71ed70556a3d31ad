import type { LogSource } from '@parapet/event-model';

/** How often something was seen, and how it looked the first time. */
export interface Seen {
  readonly events: number;
  readonly sample: string;
}

/** What `sources explain` found out about the events of one source. */
export interface SourceReport {
  readonly source: string;
  readonly product: string;
  readonly events: number;
  /** Events that carry no time that the profile could read. */
  readonly withoutTime: number;
  /** The ways in which the events were laid out, and the tests that held for them. */
  readonly shapes: readonly {
    readonly shape: string;
    readonly events: number;
    readonly because: readonly string[];
  }[];
  readonly kinds: readonly {
    readonly class: string;
    readonly activity: string;
    readonly events: number;
    readonly logSources: readonly LogSource[];
    /** Loaded rules that look at such events. */
    readonly rules: number;
  }[];
  readonly mapped: readonly (Seen & { readonly field: string; readonly attribute: string })[];
  /** Paths in the events that neither the profile nor a rule for these events reads. */
  readonly unused: readonly (Seen & { readonly path: string })[];
  /** True when the events have more distinct paths than are told apart. */
  readonly unusedIsCut: boolean;
  /** Fields that rules for these events read and no event has. */
  readonly wanted: readonly { readonly field: string; readonly rules: number; readonly example: string }[];
  /** Loaded rules that look at some of the events; of these, rules that look at every value. */
  readonly rules: number;
  readonly rulesWithKeywords: number;
}

export interface ExplainReport {
  readonly files: readonly string[];
  readonly events: number;
  /** False when it stopped at the number of events that it was told to look at. */
  readonly complete: boolean;
  readonly rulesLoaded: number;
  readonly sources: readonly SourceReport[];
  readonly deadLetters: readonly {
    readonly reason: string;
    readonly count: number;
    readonly first: { readonly file: string; readonly line: number; readonly detail: string };
  }[];
  /** Files that could not be read to their end, in sentences; what was read of them counts. */
  readonly unreadable: readonly string[];
}
