import { isText } from './host';
import { readEvent, Tokens } from './reader';
import { recognize, unsure } from './recognizer';
import { isHigh, Scan } from './scan';
import { cuts, putTokens } from './sink';

/** The outcomes of `takeEvent`, see `takeOutcomes` of event-reader.ts; a shape's number else. */
const unread = -1;
const unknown = -2;
const unmet = -3;
export const nested = -4;
const unsureOutcome = -5;

export class Taking {
  /** What was found: end, line breaks, facts, shape, tokens in numbers of four bytes, tokens to be cut. */
  static found: usize = 0;
  /** By shape: its plan, 0 where its source was not met yet. */
  static plans: usize = 0;
  static maxBytes: usize = 0;
}

export function useTaking(found: usize, plans: usize, maxBytes: i32): void {
  Taking.found = found;
  Taking.plans = plans;
  Taking.maxBytes = maxBytes;
}

/**
 * Reads the event that starts at `start`, recognises its source and puts its values to the fields of the source's current row.
 * @param limit where the record ends
 * @param shift where a byte is here, less where it is in its source; everything that is noted is a place of the source
 * @param profile the one the event is of, -1 when that is not known
 * @param isWhole whether it has to end where the record does
 */
export function takeEvent(start: usize, limit: usize, shift: usize, profile: i32, isWhole: bool): i32 {
  Scan.limit = limit;
  Tokens.shift = shift;
  const end = readEvent(start);
  if (end === 0 || end - start > Taking.maxBytes || !(isWhole ? end === limit : endsEvent(end, limit)))
    return unread;
  const facts = Scan.facts;
  if ((facts & isHigh) !== 0 && !isText(<i32>(start - shift), <i32>(end - shift))) return unread;
  const found = Taking.found;
  store<usize>(found, end - shift);
  store<i32>(found, Scan.newlines, 4);
  store<i32>(found, facts, 8);
  store<i32>(found, <i32>((Tokens.filled - Tokens.items) >> 2), 16);
  const shape = recognize(profile);
  if (shape === unsure) return unsureOutcome;
  if (shape === -1) return unknown;
  store<i32>(found, shape, 12);
  const plan = load<usize>(Taking.plans + ((<usize>shape) << 2));
  if (plan === 0) return unmet;
  if (Tokens.hasNested) return nested;
  putTokens(plan);
  store<i32>(found, cuts(), 20);
  return shape;
}

/** Whether what follows an event is the end of its line, or another value. */
function endsEvent(end: usize, limit: usize): bool {
  let at = end;
  while (at < limit) {
    const byte = load<u8>(at);
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d) at += 1;
    else return byte === 0x0a || byte === 0x7b || byte === 0x5b;
  }
  return true;
}
