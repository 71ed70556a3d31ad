import { severities } from '@parapet/event-model';
import { InvalidArgumentError, Option } from 'commander';

/** For an option that may be given several times. */
export const collect = (value: string, previous: readonly string[]): string[] => [...previous, value];

function wholeNumber(low: number, high: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= low && number <= high) return number;
    throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
  };
}

export const parsePort = wholeNumber(1, 65_535);
export const parseWorkers = wholeNumber(1, 256);
export const parseCount = wholeNumber(0, 100_000_000);
/** For what makes no sense with nothing at all. */
export const parseSome = wholeNumber(1, 100_000_000);

export function parseRate(value: string): number {
  const number = Number(value);
  if (number > 0 && number <= 10_000_000) return number;
  throw new InvalidArgumentError('Give a number of events a second above 0.');
}

export const dataDirOption = () =>
  new Option('--data-dir <dir>', 'folder of the platform that runs here (PARAPET_DATA_DIR)');

export const rateOption = () => new Option('--rate <events>', 'events a second at most').argParser(parseRate);

export const placeholdersOption = () =>
  new Option(
    '--placeholders <file>',
    'YAML file of what %name% stands for in rules with the modifier expand (PLACEHOLDERS_FILE)',
  );

export const minSeverityOption = () =>
  new Option('--min-severity <severity>', 'leave out what is less severe').choices([...severities]);

/** Epoch milliseconds of a point in time with its zone, or of a day (UTC). */
export function parseTime(value: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/i.test(value);
  const time = isTime ? Date.parse(value.replace(' ', 'T')) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError(
    'Give a day or a time with its zone, such as 2026-01-15 or 2026-01-15T10:00:00Z.',
  );
}
