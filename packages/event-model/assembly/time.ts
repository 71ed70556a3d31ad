/**
 * The times of usual forms, as `token-time.ts` and `event-time.ts` say them; what is not usual is asked of JavaScript.
 */
export const noTime: f64 = -1;
export const outsideTime: f64 = -2;
/** Not a usual form. */
export const unusual: f64 = -3;

/** As `event-time.ts` has it. */
const latestTime: f64 = 9_223_372_036_854;

/** Formats by number, in the order of `timeFormats` of event-time.ts. */
const iso = 0;
const epoch = 1;

const plain = 1;
const number = 3;

/** The time of a token. */
export function tokenTime(start: usize, length: u32, kind: u32, format: u32): f64 {
  if (format === iso && kind === plain) return usualIso(start, length);
  // A number is one in the formats of texts too.
  if (kind === number || (kind === plain && format === epoch)) {
    const value = usualNumber(start, length, kind === number);
    return value < 0 ? unusual : kept(epochMillis(value));
  }
  return unusual;
}

function kept(time: f64): f64 {
  return time <= latestTime ? Math.floor(time) : outsideTime;
}

/** The unit is told by the size: seconds reach 1e11 (year 5138), milliseconds 1e14, microseconds 1e17. */
function epochMillis(value: f64): f64 {
  if (value < 1e11) return value * 1000;
  if (value < 1e14) return value;
  return value < 1e17 ? value / 1e3 : value / 1e6;
}

/** A decimal number whose digits fit into 53 bits (see `usualNumber` of token-time.ts); -1 for every other. */
function usualNumber(start: usize, length: u32, mayHaveFraction: bool): f64 {
  if (length === 0 || length > 18) return -1;
  const end = start + length;
  let digits: i64 = 0;
  let power: f64 = 0;
  for (let at = start; at < end; at += 1) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit <= 9) {
      digits = digits * 10 + digit;
      power *= 10;
    } else if (load<u8>(at) === 0x2e && mayHaveFraction) power = 1;
    else return -1;
  }
  if (digits > 9_007_199_254_740_991) return -1;
  return power === 0 ? <f64>digits : <f64>digits / power;
}

/** `YYYY-MM-DDThh:mm:ss[.fraction][Z]` (or a blank for the T) from 1970 on. */
function usualIso(start: usize, length: u32): f64 {
  if (length < 19 || length > 30) return unusual;
  const between = load<u8>(start, 10);
  if (load<u8>(start, 4) !== 0x2d || load<u8>(start, 7) !== 0x2d || (between !== 0x54 && between !== 0x20))
    return unusual;
  if (load<u8>(start, 13) !== 0x3a || load<u8>(start, 16) !== 0x3a) return unusual;
  const year = two(start) * 100 + two(start + 2);
  const month = two(start + 5);
  const day = two(start + 8);
  const hour = two(start + 11);
  const minute = two(start + 14);
  const second = two(start + 17);
  // What is not digits is so far below zero that one comparison finds it.
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23) return unusual;
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return unusual;
  const end = start + length;
  let at = start + 19;
  let millis = 0;
  if (at < end && load<u8>(at) === 0x2e) {
    at += 1;
    let digits = 0;
    for (; at < end; at += 1) {
      const digit = <i32>load<u8>(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      digits += 1;
      if (digits <= 3) millis = millis * 10 + digit;
    }
    if (digits === 0 || digits > 9) return unusual;
    if (digits === 1) millis *= 100;
    else if (digits === 2) millis *= 10;
  }
  if (at < end && load<u8>(at) === 0x5a) at += 1;
  if (at !== end) return unusual;
  const time =
    <f64>dayNumber(year, month, day) * 86_400_000 +
    <f64>(hour * 3_600_000 + minute * 60_000 + second * 1000 + millis);
  return time <= latestTime ? time : outsideTime;
}

/** Two digits as a number, less than -1,000 when they are not digits. */
function two(at: usize): i32 {
  const tens = <i32>load<u8>(at) - 0x30;
  const ones = <i32>load<u8>(at, 1) - 0x30;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -100_000 : tens * 10 + ones;
}

/** Days since 1970-01-01 of the Gregorian calendar (the year starts in March, so that the leap day is its last). */
function dayNumber(year: i32, month: i32, day: i32): i32 {
  const shifted = month <= 2 ? year - 1 : year;
  const era = shifted / 400;
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
