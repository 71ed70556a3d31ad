import type { EventBatch, Scalar } from '@parapet/event-model';

export const enrichmentKinds = [
  'asset',
  'user',
  'location',
  'autonomous_system',
  'indicator',
  'zone',
] as const;
export type EnrichmentKind = (typeof enrichmentKinds)[number];

/** Criticality of an asset, least to most. */
export const criticalities = ['low', 'medium', 'high', 'critical'] as const;
export type Criticality = (typeof criticalities)[number];

/**
 * One thing that was found out about one value. `values` by kind; every key may be absent unless marked `!`:
 *
 * - `asset`: `name`, `criticality` (`Criticality`), `owner`, `zone`, `tags` (joined by `, `)
 * - `user`: `department`, `manager`, `title`, `privileged` (boolean), `service_account` (boolean), `criticality`, `tags`
 * - `location`: `country!` (ISO 3166-1 alpha-2), `country_name`, `continent`, `region`, `city`, `postal_code`, `lat`, `long`
 * - `autonomous_system`: `number!`, `name`
 * - `indicator`: `indicator!` (normalised), `type!` (`IndicatorType`), `list!`, `threat`, `confidence` (0 to 100),
 *   `valid_until` (epoch ms), `description`
 * - `zone`: `zone!`, `internal!` (boolean), `network!` (the CIDR that decided)
 */
export interface Answer {
  readonly kind: EnrichmentKind;
  /** Name of the provider in the configuration. */
  readonly provider: string;
  /** When the data was made or last read, epoch milliseconds. */
  readonly asOf: number;
  readonly values: Readonly<Record<string, Scalar>>;
}

/**
 * What is known of the values of one attribute: `known[codes[row]]` lists the answers for that row's value.
 * `known[0]` is the empty list ("nothing is known, or the attribute is absent"). The same value gives the same array
 * object as long as the data behind it does not change, so that work on a list can be remembered by the list.
 */
export interface EnrichedColumn {
  /** OCSF attribute path, e.g. `src_endpoint.ip`. */
  readonly path: string;
  readonly codes: Uint32Array;
  readonly known: readonly (readonly Answer[])[];
}

export interface AttributeAnswer {
  readonly path: string;
  readonly answer: Answer;
}

/** The answers for one batch: only columns in which something is known of at least one row. Valid as long as the batch. */
export interface Enrichment {
  readonly batch: EventBatch;
  readonly columns: readonly EnrichedColumn[];
  answersAt(row: number): readonly AttributeAnswer[];
}

/** Health of one provider, for metrics and for people. Counters only grow. */
export interface ProviderStatus {
  readonly provider: string;
  readonly kind: EnrichmentKind;
  /** `loading`: no data yet; `stale`: the last good data is in use although a newer read failed, or it is older than it may be. */
  readonly state: 'loading' | 'ready' | 'stale' | 'failed';
  /** Time of the data in use, epoch milliseconds; undefined before the first load. */
  readonly asOf: number | undefined;
  /** Entries in use: rows, indicators, networks, database nodes or cached answers. */
  readonly entries: number;
  /** Rows of the source that could not be used. */
  readonly rejected: number;
  /** Milliseconds that the last load took. */
  readonly loadMs: number;
  readonly lookups: number;
  readonly errors: number;
  readonly timeouts: number;
  /** Lookups skipped because the provider was busy, backing off, or past the batch's time. */
  readonly skipped: number;
  /** The last problem in one sentence; undefined when the last attempt was good. */
  readonly problem: string | undefined;
}

/**
 * Adds what is known to events. An error or a slow source never stops detection: the value has no answer for now, the
 * failure is counted in `status`, and it is asked again later.
 */
export interface Enricher {
  /** Synchronous and pure reading: never throws for what events hold, never waits. */
  enrich(batch: EventBatch): Enrichment;
  /**
   * Resolves the asynchronous lookups of the batch's new distinct values, within the configured time; call it before
   * `enrich` and only when `asynchronous` is true. Never rejects.
   */
  prepare(batch: EventBatch): Promise<void>;
  /** False when every provider answers from memory, so that `prepare` need not be awaited. */
  readonly asynchronous: boolean;
  /** Reads the sources that are due again and takes over what is new; never rejects. Until the first call nothing is known. */
  refresh(): Promise<void>;
  status(): readonly ProviderStatus[];
  /** Stops what is under way; whoever created the enricher calls it. */
  close(): Promise<void>;
}
