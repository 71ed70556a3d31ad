import type { FieldValue, Scalar } from './field-value.ts';

/**
 * A question about one field, as data. Without `is`, `prefix` or `present` the field must be there and not null. Values
 * are compared as text and without case, since sources write numbers as strings and channels in either case; of a list
 * one element is enough.
 */
export interface FieldTest {
  readonly field: string;
  readonly is?: readonly Scalar[];
  readonly prefix?: readonly string[];
  /** False: the field must be absent or null. */
  readonly present?: boolean;
}

/** The test as a function; `undefined` stands for an absent field. */
export function compileFieldTest(test: FieldTest): (value: FieldValue | undefined) => boolean {
  if (test.present === false) return (value) => value === undefined || value === null;
  const is = test.is === undefined ? undefined : new Set(test.is.map(comparable));
  const prefixes = test.prefix?.map((prefix) => prefix.toLowerCase());
  const one = (value: Scalar): boolean => {
    if (value === null) return false;
    if (is === undefined && prefixes === undefined) return true;
    const text = comparable(value);
    return is?.has(text) === true || prefixes?.some((prefix) => text.startsWith(prefix)) === true;
  };
  return (value) => {
    if (value === undefined || value === null) return false;
    return typeof value === 'object' ? value.some(one) : one(value);
  };
}

function comparable(value: Scalar): string {
  return String(value).toLowerCase();
}
