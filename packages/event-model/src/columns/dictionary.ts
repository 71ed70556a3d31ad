import type { FieldValue } from '../field-value.ts';

/**
 * The distinct values of one field, each with a small integer code. Code 0 means "the field is absent"; codes of
 * values start at 1 and grow by one. Two codes
 * may mean the same value, written in two ways. Answers to per-value questions are remembered in arrays indexed by code, beside
 * the dictionary (see `memo`), so that a question is asked once per distinct value and not once per event.
 *
 * A dictionary lives longer than a batch and is bounded: when it is full the decoder starts a new one for the next
 * batch (a new generation); codes of one dictionary are never reused.
 */
export interface Dictionary {
  /** One more than the largest code given out. */
  readonly size: number;
  /** The value of a code from 1 to size - 1. */
  valueOf(code: number): FieldValue;
  /**
   * Writes the text of a value that is one string of ASCII characters to `target` and returns its length: what a matcher over
   * bytes asks for. -1 when the value is anything else or does not fit.
   */
  copyAscii(code: number, target: Uint8Array): number;
}
