import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import type { DeadLetterReason } from '../decoder.ts';
import type { Scalar } from '../field-value.ts';

export type ParsedEvent =
  | { readonly event: object }
  | { readonly event: undefined; readonly reason: DeadLetterReason; readonly detail: string };

/** Integers that a double cannot hold, and numbers past its range. Strings that look so cost time, nothing else. */
const largeNumber = /[:[,]\s*-?(?:\d{16}|[\d.]+[eE]\+?\d{3})/;
const positionPattern = /at position (\d+)/;

/**
 * One event from its bytes. Of keys that occur twice the last one wins. Integers beyond 2^53 and numbers beyond the
 * range of a double become their own text, so that an id is not rounded into another.
 */
export function parseEvent(bytes: Uint8Array): ParsedEvent {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text: string;
  if (isAscii(view)) text = view.toString('latin1');
  else if (isUtf8(view)) text = view.toString('utf8');
  else
    return {
      event: undefined,
      reason: 'invalid_utf8',
      detail: `The event's ${bytes.length} bytes are not UTF-8 text.`,
    };
  try {
    const event = parseJson(text);
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return { event };
    return { event: undefined, reason: 'not_an_object', detail: 'The line is JSON, but not an object.' };
  } catch (error) {
    // The engine's message quotes the event, which must not reach logs: only the position is taken from it.
    const position = positionPattern.exec(error instanceof Error ? error.message : '')?.[1];
    const place = position === undefined ? 'at its end or at an unknown place' : `at character ${position}`;
    return { event: undefined, reason: 'invalid_json', detail: `The event is not JSON: it breaks ${place}.` };
  }
}

/** What a JSON text means, with numbers that a double cannot hold as their own text. */
export function parseJson(text: string): unknown {
  return largeNumber.test(text) ? JSON.parse(text, keepLargeNumber) : JSON.parse(text);
}

/** Every scalar of a parsed event, wherever it is. The depth was bounded before it was parsed. */
export function* scalarsOf(value: unknown): Iterable<Scalar> {
  if (typeof value !== 'object' || value === null) yield value as Scalar;
  else for (const part of Array.isArray(value) ? value : Object.values(value)) yield* scalarsOf(part);
}

function keepLargeNumber(
  this: unknown,
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  const isRounded = !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source);
  return isRounded || !Number.isFinite(value) ? context.source : value;
}
