/** One JSON scalar. */
export type Scalar = string | number | boolean | null;
/** A field's value: a scalar, or the scalars of a list. An item holds for a list when it holds for one element. */
export type FieldValue = Scalar | readonly Scalar[];

/** The distinct values of one field, by code. Code 0 is "absent"; values have the codes 1 to size - 1. */
export interface ValueTable {
  readonly size: number;
  valueOf(code: number): FieldValue;
  /**
   * Writes the text of a code's value to `target` and returns its length, when the value is one string of ASCII that fits;
   * returns -1 for any other. Spares a table that keeps bytes from making strings of them.
   */
  copyAscii?(code: number, target: Uint8Array): number;
}

/**
 * The events to match, as columns of codes: what this package needs from its caller, and nothing more. Answers of
 * per-value questions are remembered per `ValueTable` object for as long as the caller keeps it.
 */
export interface ColumnBatch {
  readonly length: number;
  field(name: string): { readonly dictionary: ValueTable; readonly codes: Uint32Array } | undefined;
  /** Every scalar of the event, for keyword searches. */
  values(row: number): Iterable<Scalar>;
  /**
   * Gives the event's JSON text (UTF-8), where it lies, to `look` and returns what that returns. `values` are read from the same
   * text: where it is given, keyword searches look at it first and read the values of few events. `coded` false promises that no
   * string among the event's values has an escape that JSON does not demand: one in hexadecimal digits, or one of a slash.
   */
  lookAtJson?(
    row: number,
    look: (bytes: Uint8Array, start: number, end: number, coded?: boolean) => boolean,
  ): boolean;
  /**
   * By row 0 where the batch knows that none of some texts (ASCII in lower case, of three bytes or more) stands in the event's JSON text, in
   * any case of its letters, and that none of their characters is written there as an escape that JSON does not demand. It is asked with
   * the same list batch after batch, so that it may be looked for while the bytes are at hand. Undefined where nothing is known.
   */
  mayHold?(texts: readonly Uint8Array[]): Uint8Array | undefined;
}
