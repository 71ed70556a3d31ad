import type { FieldValue, Scalar } from '../field-value.ts';
import type { LogSource } from '../log-source.ts';
import type { EventOrigin } from '../origin.ts';
import type { Dictionary } from './dictionary.ts';

/** One field of all events of a batch: `codes[row]` is a code of `dictionary`, 0 where the field is absent. */
export interface Column {
  readonly dictionary: Dictionary;
  readonly codes: Uint32Array;
}

/**
 * Some events of one source, decoded: columns of codes over the events' own fields, and columns of the normalised
 * (OCSF) attributes that the source's profile maps. Valid until the decoder that made it decodes again. It has no accessors: with them
 * each batch would have a shape of its own, which makes whoever reads it look for it anew.
 */
export interface EventBatch {
  /** Id of the source profile, e.g. `windows-sysmon`. */
  readonly source: string;
  readonly length: number;
  /** Event time, epoch milliseconds; the record's timestamp where the event carries none. */
  readonly times: Float64Array;
  /** Kafka timestamp of each event's record, epoch milliseconds. */
  readonly receivedTimes: Float64Array;
  /**
   * Sigma log sources of each event: `logSources[routes[row]]` lists what the event is, e.g. Sysmon EventID 12 is
   * `windows/registry_event` and `windows/registry_add`. A rule looks at an event when its `logsource` is a subset of one.
   */
  readonly routes: Uint16Array;
  readonly logSources: readonly (readonly LogSource[])[];
  /** The rows of a route, rising. */
  rowsOf(route: number): Uint32Array;
  origin(row: number): EventOrigin;
  /** Event id: the same after a replay, sortable by time. */
  id(row: number): string;
  /** Column of a field by the source's own name (what Sigma rules use), or undefined when no event has it. */
  field(name: string): Column | undefined;
  /** Column of an OCSF attribute path such as `actor.process.cmd_line`, or undefined when no event has it. */
  attribute(path: string): Column | undefined;
  /** OCSF attribute paths that at least one event of the batch has. */
  attributePaths(): readonly string[];
  /** Every scalar anywhere in the event: what keyword searches look at. */
  values(row: number): Iterable<Scalar>;
  /** One attribute's value of one event; a convenience for code that is not in the hot path. */
  attributeValue(row: number, path: string): FieldValue | undefined;
  /** The event's own bytes (UTF-8 JSON), a view into the record. */
  raw(row: number): Uint8Array;
  /**
   * Gives the same bytes to `look`, where they lie, and returns what that returns: for those who look at many events. `coded` is false
   * when no string among the event's values has an escape that JSON does not demand: one in hexadecimal digits, or one of a slash.
   */
  lookAtJson(
    row: number,
    look: (bytes: Uint8Array, start: number, end: number, coded: boolean) => boolean,
  ): boolean;
  /**
   * By row 0 when none of the texts (ASCII in lower case, of three bytes or more) stands in the event's bytes, in any case of its letters,
   * and none of their characters is written there as an escape that JSON does not demand. A list that is asked for batch after batch is
   * looked for while events are decoded; of another one nothing is known, and the answer is undefined.
   */
  mayHold(texts: readonly Uint8Array[]): Uint8Array | undefined;
  /** File and line that the producer said the event came from (record headers `parapet-file`, `parapet-line`). */
  files(): readonly (string | undefined)[];
  lines(): readonly (number | undefined)[];
}
