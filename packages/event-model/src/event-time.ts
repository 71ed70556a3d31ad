import type { FieldValue } from './field-value.ts';

/**
 * How a source writes times. `iso`: ISO 8601 or `YYYY-MM-DD hh:mm:ss[.fff]`, taken as UTC where no offset is given.
 * `epoch`: a count since 1970 in seconds, milliseconds, microseconds or nanoseconds, told apart by its size (as text
 * too). `clf`: `10/Oct/2000:13:55:36 -0700`. `audit`: `audit(1364481363.243:24287)`, or what is inside.
 */
export type TimeFormat = (typeof timeFormats)[number];

/** By the numbers that `assembly/time.ts` knows them by. */
export const timeFormats = ['iso', 'epoch', 'clf', 'audit'] as const;

/** Epoch milliseconds, `outside` for a time that is read well but is out of range, undefined for what is no time. */
export type ParsedTime = number | 'outside' | undefined;

/**
 * The last millisecond whose nanoseconds fit into 64 bits (2262-04-11): what every store and language downstream can
 * hold. Clocks that are merely wrong are accepted, so that a replay decides the same whenever it runs.
 */
export const latestTime = 9_223_372_036_854;

export function parseEventTime(value: FieldValue, format: TimeFormat): ParsedTime {
  const found = typeof value === 'object' && value !== null ? value[0] : value;
  if (typeof found !== 'string' && typeof found !== 'number') return undefined;
  const time = parsers[format](typeof found === 'string' ? found.trim() : found);
  if (time === undefined) return undefined;
  return time >= 0 && time <= latestTime ? Math.floor(time) : 'outside';
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const isoPattern =
  /^([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|[+-]\d{2}:?\d{2})?$/i;
const clfPattern = /^\[?(\d{1,2})\/([a-z]{3})\/(\d{4,5}):(\d{2}):(\d{2}):(\d{2}) ?([+-]\d{4})?\]?$/i;
const auditPattern = /^(?:(?:msg=)?audit\()?(\d{1,15}(?:\.\d{1,9})?):\d{1,20}(?:\):?)?$/;
const datePattern = /^\/Date\((-?\d{1,18})\)\/$/;
const numberPattern = /^[+-]?\d{1,20}(?:\.\d{1,12})?$/;

type Parser = (value: string | number) => number | undefined;

const parsers: Readonly<Record<TimeFormat, Parser>> = {
  iso(value) {
    if (typeof value === 'number') return epoch(value);
    const match = isoPattern.exec(value);
    if (match !== null) {
      const millis = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
      return moment(
        [Number(match[1]), Number(match[2]), Number(match[3])],
        [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0), millis],
        match[8],
      );
    }
    const date = datePattern.exec(value);
    if (date !== null) return Number(date[1]);
    return numberPattern.test(value) ? epoch(Number(value)) : undefined;
  },
  epoch(value) {
    if (typeof value === 'number') return epoch(value);
    return numberPattern.test(value) ? epoch(Number(value)) : parsers.iso(value);
  },
  clf(value) {
    const match = typeof value === 'string' ? clfPattern.exec(value) : null;
    if (match === null) return parsers.iso(value);
    const month = months.indexOf((match[2] ?? '').toLowerCase()) + 1;
    return moment(
      [Number(match[3]), month, Number(match[1])],
      [Number(match[4]), Number(match[5]), Number(match[6]), 0],
      match[7],
    );
  },
  audit(value) {
    const match = typeof value === 'string' ? auditPattern.exec(value) : null;
    return match === null ? parsers.epoch(value) : Number(match[1]) * 1000;
  },
};

/** The unit is told by the size: seconds reach 1e11 (year 5138), milliseconds 1e14, microseconds 1e17. */
function epoch(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  const size = Math.abs(value);
  if (size < 1e11) return value * 1000;
  if (size < 1e14) return value;
  return size < 1e17 ? value / 1e3 : value / 1e6;
}

function moment(
  [year, month, day]: readonly [number, number, number],
  [hour, minute, second, millis]: readonly [number, number, number, number],
  zone: string | undefined,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60)
    return undefined;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, millis);
  // Date.UTC takes the years 0 to 99 as 1900 to 1999; both are outside what is accepted.
  if (year < 100 || Number.isNaN(utc)) return -1;
  return utc - offsetOf(zone);
}

function offsetOf(zone: string | undefined): number {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0;
  const digits = zone.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith('-') ? -minutes : minutes) * 60_000;
}
