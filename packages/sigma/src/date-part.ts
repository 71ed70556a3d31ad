import type { Scalar } from './column-batch.ts';

export const dateParts = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type DatePart = (typeof dateParts)[number];

const written = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?/u;

/**
 * A part of a date. A text is read as it is written (`2024-05-01T13:45...`), whatever zone it names: Sigma asks for no
 * conversion. A number is an epoch, in seconds up to 1e11 and in milliseconds above, in UTC. Weeks are those of ISO 8601.
 */
export function datePartOf(value: Scalar, part: DatePart): number | undefined {
  if (typeof value === 'number')
    return fromDate(new Date(Math.abs(value) > 1e11 ? value : value * 1000), part);
  if (typeof value !== 'string') return undefined;
  const match = written.exec(value);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute] = match;
  if ((part === 'hour' || part === 'minute') && hour === undefined) return undefined;
  return fromDate(
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0))),
    part,
  );
}

function fromDate(date: Date, part: DatePart): number | undefined {
  if (Number.isNaN(date.getTime())) return undefined;
  if (part === 'minute') return date.getUTCMinutes();
  if (part === 'hour') return date.getUTCHours();
  if (part === 'day') return date.getUTCDate();
  if (part === 'month') return date.getUTCMonth() + 1;
  if (part === 'year') return date.getUTCFullYear();
  return isoWeek(date);
}

/** The week belongs to the year of its Thursday. */
function isoWeek(date: Date): number {
  const thursday = new Date(date.getTime());
  thursday.setUTCDate(date.getUTCDate() + 3 - ((date.getUTCDay() + 6) % 7));
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return 1 + Math.floor((thursday.getTime() - firstDay) / (7 * 86_400_000));
}
