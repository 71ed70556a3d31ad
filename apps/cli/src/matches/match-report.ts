import { CommandError } from '../command-error.ts';
import { formatCount } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/terminal.ts';
import {
  compareMatches,
  type Difference,
  type KnownDifference,
  type MatchTable,
  readExpectedMatches,
  readKnownDifferences,
} from './rule-matches.ts';

/** What should match. */
export interface Expectation {
  readonly expected: MatchTable;
  readonly known: readonly KnownDifference[];
}

/** @throws {CommandError} when a list cannot be read. */
export async function readExpectation(lists: {
  /** Files of expected matches. */
  readonly expect: readonly string[];
  /** Files of known differences. */
  readonly known: readonly string[];
}): Promise<Expectation> {
  const expected: MatchTable = new Map();
  for (const file of lists.expect) {
    for (const [key, entry] of await readExpectedMatches(file)) expected.set(key, entry);
  }
  return { expected, known: (await Promise.all(lists.known.map(readKnownDifferences))).flat() };
}

export interface MatchReportOptions {
  readonly actual: MatchTable;
  /** Names of the files that were looked at; expected matches of others do not count. */
  readonly files: ReadonlySet<string>;
  readonly expectation: Expectation;
  /** Shows also the differences that are explained; else their number and reasons alone. */
  readonly allDifferences: boolean;
  readonly style: Style;
  print(line: string): void;
}

/** How what matched compares with what was expected, in rule matches. */
export interface MatchComparison {
  readonly expected: number;
  readonly matched: number;
  readonly missing: number;
  readonly extra: number;
  /** Of the missing and extra ones, those that the lists of known differences do not explain. */
  readonly unexplained: number;
}

const mostShown = 40;
const mostReasons = 3;

/** Compares what matched with what was expected and prints the differences; `printVerdict` tells what comes of them. */
export function reportMatches(options: MatchReportOptions): MatchComparison {
  const { actual, files } = options;
  const { expected, known } = options.expectation;
  const differences = compareMatches(expected, actual, { files, known });
  const comparison = {
    expected: countOf(expected, files),
    matched: countOf(actual, files),
    missing: differences.filter(({ kind }) => kind === 'missing').length,
    extra: differences.filter(({ kind }) => kind === 'extra').length,
    unexplained: differences.filter(({ why }) => why === undefined).length,
  };
  if (differences.length > 0) printDifferences(differences, options);
  return comparison;
}

function printDifferences(
  differences: readonly Difference[],
  { style, print, allDifferences }: MatchReportOptions,
): void {
  print(style.bold('Differences from the expected rule matches'));
  const explained = differences.filter(({ why }) => why !== undefined);
  const groups = Map.groupBy(
    allDifferences ? differences : differences.filter(({ why }) => why === undefined),
    ({ kind, rule, why }) => `${why === undefined ? 0 : 1} ${kind} ${rule}`,
  );
  for (const [, group] of [...groups]
    .sort(([one], [other]) => one.localeCompare(other))
    .slice(0, allDifferences ? undefined : mostShown)) {
    const [first] = group;
    if (!first) continue;
    const line = `  ${first.kind.padEnd(8)} ${String(group.length).padStart(5)}  ${first.rule}  e.g. ${first.file}:${first.position}`;
    print(first.why === undefined ? style.red(line) : style.dim(`${line}  (known: ${first.why})`));
  }
  if (!allDifferences && groups.size > mostShown) print(`  ... and ${groups.size - mostShown} more rules`);
  if (!allDifferences && explained.length > 0)
    print(style.dim(`  known    ${String(explained.length).padStart(5)}  ${reasonsOf(explained)}`));
  print('');
}

/** The reasons of explained differences, the most frequent first. */
function reasonsOf(explained: readonly Difference[]): string {
  const reasons = [...Map.groupBy(explained, ({ why = '' }) => why)].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  const shown = reasons
    .slice(0, mostReasons)
    .map(([why, list]) => (reasons.length === 1 ? '' : `${formatCount(list.length)} `) + printable(why));
  const more = reasons.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; ... and ${more} more reasons` : ''}`;
}

/** What comes of a comparison, in two lines. */
export function printVerdict(
  { expected, matched, missing, extra, unexplained }: MatchComparison,
  { style, print }: Pick<MatchReportOptions, 'style' | 'print'>,
): void {
  print(style.bold('Expected rule matches'));
  print(
    `  expected ${expected}, matched ${matched}; missing ${missing}, extra ${extra}; of these ${missing + extra - unexplained} known and explained`,
  );
  print(
    unexplained === 0
      ? style.green('  no unexplained difference')
      : style.red(`  ${plural(unexplained, 'unexplained difference')}`),
  );
}

function countOf(table: MatchTable, files: ReadonlySet<string>): number {
  let count = 0;
  for (const { file, rules } of table.values()) if (files.has(file)) count += rules.size;
  return count;
}

/**
 * Refuses lists of expected matches that are of none of the files, since then nothing would be compared; tells when they are of others too.
 * @param files names of those that will be looked at
 * @throws {CommandError}
 */
export function requireExpectedFiles(
  { expected }: Expectation,
  files: ReadonlySet<string>,
  tell: (sentence: string) => void,
): void {
  const listed = new Set(Array.from(expected.values(), ({ file }) => file));
  const others = [...listed].filter((file) => !files.has(file));
  const [first] = others;
  if (first !== undefined && others.length === listed.size)
    throw new CommandError(
      `--expect names no file that is looked at, so there would be nothing to compare: it names e.g. ${printable(first)}, while what is looked at is called e.g. ${printable([...files][0] ?? '')}.`,
    );
  if (first !== undefined)
    tell(
      `--expect names ${plural(others.length, 'file')} that ${others.length === 1 ? 'is' : 'are'} not looked at, e.g. ${printable(first)}: what is expected there is left out.`,
    );
}

/**
 * The table as NDJSON, by file and position; what `readExpectedMatches` reads.
 * @param arrays names of the files whose positions are indexes in an array, not lines
 */
export function toLines(table: MatchTable, arrays: ReadonlySet<string>): string {
  return [...table.values()]
    .sort((one, other) => one.file.localeCompare(other.file) || one.position - other.position)
    .map(
      ({ file, position, rules }) =>
        `${JSON.stringify({ file, [arrays.has(file) ? 'index' : 'line']: position, rules: [...rules].sort((one, other) => one.localeCompare(other)) })}\n`,
    )
    .join('');
}
