import type { EventBatch } from '../columns/event-batch.ts';
import type { FieldValue } from '../field-value.ts';
import type { ReferenceEvent } from './reference-event.ts';

/** Longest text that `copyAscii` is tried with. */
const target = new Uint8Array(4096);

/** Where a row of a batch differs from what the event is: one line a difference, none when all is the same. */
export function differences(
  batch: EventBatch,
  row: number,
  event: ReferenceEvent,
  fields: Iterable<string>,
): readonly string[] {
  const found: string[] = [];
  const check = (what: string, actual: unknown, expected: unknown): void => {
    if (!isSame(actual, expected)) found.push(`${what}: ${shown(actual)} and not ${shown(expected)}`);
  };
  check('source', batch.source, event.profile.id);
  check('kind', batch.routes[row], event.kind);
  if (typeof event.time === 'number') check('time', batch.times[row], event.time);
  if (found.length > 0) return found;
  for (const name of fields) check(name, valueAt(batch.field(name), row, check), event.field(name));
  const paths = new Set([
    ...Object.keys(event.profile.attributes),
    ...Object.keys(event.profile.kinds[event.kind]?.attributes ?? {}),
  ]);
  for (const path of paths) check(path, valueAt(batch.attribute(path), row, check), event.attribute(path));
  return found;
}

/** The value of a row in a column; what `copyAscii` says of it has to be the same. */
function valueAt(
  column: ReturnType<EventBatch['field']>,
  row: number,
  check: (what: string, actual: unknown, expected: unknown) => void,
): FieldValue | undefined {
  const code = column?.codes[row] ?? 0;
  if (column === undefined || code === 0) return undefined;
  const { dictionary } = column;
  if (code >= dictionary.size) return `code ${code} of a dictionary of ${dictionary.size}`;
  const value = dictionary.valueOf(code);
  const length = dictionary.copyAscii(code, target);
  const isText = typeof value === 'string' && value.length <= target.length && isAsciiText(value);
  if (length !== -1 || (isText && mustCopy(value)))
    check('copyAscii', length === -1 ? -1 : String.fromCharCode(...target.subarray(0, length)), value);
  return value;
}

/** Objects and long numbers are texts that were not written as strings: they need not be copied. */
const mustCopy = (value: string): boolean => !/^(?:\{.*\}|-?\d[\d.eE+-]*)$/s.test(value);

function isAsciiText(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, index) => isSame(value, other[index]));
  return Object.is(one, other);
}

function shown(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  return value === undefined ? 'absent' : JSON.stringify(value);
}
