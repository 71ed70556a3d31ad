import type { Answer, EnrichmentKind, ProviderStatus } from './enrichment.ts';
import type { Question, ValueType } from './question.ts';

/** One source of answers. It never throws: what fails is counted and shows in its status. */
export interface Provider {
  readonly name: string;
  readonly kind: EnrichmentKind;
  readonly types: ReadonlySet<ValueType>;
  /** Its answers do not go to the event: they say that no list's indicator counts for the value. */
  readonly isAllowList: boolean;
  /** A number that changes whenever an answer given earlier may not be right any more. */
  revision(): number;
  /** What memory holds. */
  answer(question: Question): readonly Answer[];
  /** Whether the answer depends on the domain of the user. */
  dependsOnDomain(text: string): boolean;
  /** Whether `resolve` may find more than `answer` says. */
  needs(question: Question): boolean;
  /** Grows when `resolve` found something. */
  readonly arrivals: number;
  /** Undefined when everything is in memory. Settles when the answers are there or cannot be had now. */
  readonly resolve: ((questions: readonly Question[]) => Promise<void>) | undefined;
  /** Reads the source again when that is due. */
  refresh(): Promise<void>;
  status(): ProviderStatus;
  close(): void;
}

/** Data read from somewhere, ready to be asked; it does not change. */
export interface Knowledge {
  readonly entries: number;
  /** Rows of the source that could not be used. */
  readonly rejected: number;
  /** What is wrong with some of them, and columns that nobody reads, as sentences for people. */
  readonly problems?: readonly string[];
  /** May throw for data that turns out to be broken. */
  answer(question: Question, now: number): readonly Answer[];
  dependsOnDomain?(text: string): boolean;
  /** When, after `now`, an answer will change by itself; Infinity for never. */
  nextChange?(now: number): number;
}

/** Where warnings go; a pino logger fits. */
export interface EnrichmentLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export const noAnswers: readonly Answer[] = [];
