/** One JSON scalar. */
export type Scalar = string | number | boolean | null;

/**
 * The value of one field of one event: a scalar, or for a JSON array (of scalars, or of objects that the path runs
 * through) the scalars found. A rule holds for a list when it holds for one of its elements.
 */
export type FieldValue = Scalar | readonly Scalar[];
