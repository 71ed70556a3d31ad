import { latestTime, type ParsedTime, parseEventTime, type TimeFormat } from '../event-time.ts';
import { type TokenSource, tokenKinds } from './json-token.ts';
import { tokenValue } from './token-value.ts';

/** The time that a token holds: what `parseEventTime` says of its value, without making the value where the form is usual. */
export function tokenTime(
  source: TokenSource,
  kind: number,
  start: number,
  end: number,
  format: TimeFormat,
): ParsedTime {
  let time: number | undefined;
  if (kind === tokenKinds.plain) {
    if (format === 'iso') time = usualIso(source.bytes, start, end);
    else if (format === 'epoch' && isWhole(source.bytes, start, end)) {
      const value = usualNumber(source.bytes, start, end);
      if (value !== undefined) return parseEventTime(value, format);
    }
  } else if (kind === tokenKinds.number) {
    const value = usualNumber(source.bytes, start, end);
    if (value !== undefined) return parseEventTime(value, format);
  }
  if (time !== undefined) return time <= latestTime ? time : 'outside';
  return parseEventTime(tokenValue(source.bytes, kind, start, end), format);
}

/** Whether a text is one or more digits and nothing else. */
function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return end > start;
}

/** `YYYY-MM-DDThh:mm:ss[.fraction][Z]` (or a blank for the T) from 1970 on; undefined for every other form. */
function usualIso(bytes: Uint8Array, start: number, end: number): number | undefined {
  const length = end - start;
  if (length < 19 || length > 30) return undefined;
  const between = bytes[start + 10];
  if (
    bytes[start + 4] !== 0x2d ||
    bytes[start + 7] !== 0x2d ||
    (between !== 0x54 && between !== 0x20) ||
    bytes[start + 13] !== 0x3a ||
    bytes[start + 16] !== 0x3a
  )
    return undefined;
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const month = two(bytes, start + 5);
  const day = two(bytes, start + 8);
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  // What is not digits is so far below zero that one comparison finds it.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23)
    return undefined;
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  let millis = 0;
  let at = start + 19;
  if (at < end && bytes[at] === 0x2e) {
    at += 1;
    let digits = 0;
    for (; at < end; at += 1) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      digits += 1;
      if (digits <= 3) millis = millis * 10 + digit;
    }
    if (digits === 0 || digits > 9) return undefined;
    if (digits === 1) millis *= 100;
    else if (digits === 2) millis *= 10;
  }
  if (at < end && bytes[at] === 0x5a) at += 1;
  if (at !== end) return undefined;
  return (
    dayNumber(year, month, day) * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis
  );
}

/** Two digits as a number, less than -1,000 when they are not digits. */
function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -100_000 : tens * 10 + ones;
}

/** Days since 1970-01-01 of the Gregorian calendar (the year starts in March, so that the leap day is its last). */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/**
 * A decimal number without an exponent whose digits fit into 53 bits: their quotient by a power of ten is the double nearest to
 * it, as `Number` would say (Clinger 1990).
 */
export function usualNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let digits = 0;
  let fraction = -1;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      digits = digits * 10 + (byte - 0x30);
      if (digits > Number.MAX_SAFE_INTEGER) return undefined;
      if (fraction !== -1) fraction += 1;
    } else if (byte === 0x2e) fraction = 0;
    else return undefined;
  }
  if (fraction === -1) return digits;
  return fraction > 15 ? undefined : digits / (powers[fraction] as number);
}
