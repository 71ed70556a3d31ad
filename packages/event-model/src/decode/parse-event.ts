import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { DeadLetterReason } from '../decoder.ts';
import type { Scalar } from '../field-value.ts';
import { parseJson } from './parse-json.ts';
import { jsonFault, utf8Fault } from './text-fault.ts';

/** Why something is not taken, as a dead letter says it. */
export interface Refusal {
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

export type ParsedEvent = { readonly event: object } | ({ readonly event: undefined } & Refusal);

/**
 * One event from its bytes. Of keys that occur twice the last one wins. Integers beyond 2^53 and numbers beyond the
 * range of a double become their own text, so that an id is not rounded into another.
 *
 * @param start where the bytes are in their record, for what is said of them.
 */
export function parseEvent(bytes: Uint8Array, start = 0): ParsedEvent {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text: string;
  if (isAscii(view)) text = view.toString('latin1');
  else if (isUtf8(view)) text = view.toString('utf8');
  else return { event: undefined, ...brokenText(bytes, start) };
  try {
    const event = parseJson(text);
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return { event };
    return { event: undefined, ...notAnObject(start) };
  } catch {
    // The engine's message quotes the event, which must not reach logs.
    return { event: undefined, ...brokenText(bytes, start) };
  }
}

/** Why bytes are no event, and at which byte of the record. Nothing of what they hold is said. */
export function brokenText(bytes: Uint8Array, start: number): Refusal {
  const badByte = utf8Fault(bytes, 0, bytes.length);
  if (badByte !== -1) {
    const detail = `The event is not UTF-8 text: it breaks at byte ${start + badByte} of the record.`;
    return { reason: 'invalid_utf8', detail };
  }
  const fault = jsonFault(bytes, 0, bytes.length);
  if (fault === -1) return notAnObject(start);
  const place = `byte ${start + fault} of the record`;
  const how = fault === bytes.length ? `ends too early, at ${place}` : `breaks at ${place}`;
  return { reason: 'invalid_json', detail: `The event is not JSON: it ${how}.` };
}

function notAnObject(start: number): Refusal {
  const detail = `The value at byte ${start} of the record is JSON, but not an object.`;
  return { reason: 'not_an_object', detail };
}

/** Every scalar of a parsed event, wherever it is. The depth was bounded before it was parsed. */
export function* scalarsOf(value: unknown): Iterable<Scalar> {
  if (typeof value !== 'object' || value === null) yield value as Scalar;
  else for (const part of Array.isArray(value) ? value : Object.values(value)) yield* scalarsOf(part);
}
