import { writeFileSync } from 'node:fs';
import type { Terminal } from '../terminal/terminal.ts';
import {
  compareMatches,
  type Difference,
  type MatchTable,
  readExpectedMatches,
  readKnownDifferences,
  readLakeMatches,
} from './rule-matches.ts';

export interface MatchReportOptions {
  readonly lakeDir: string;
  /** Base names of the files that were replayed. */
  readonly files: ReadonlySet<string>;
  /** Files of expected matches. */
  readonly expect: readonly string[];
  /** Files of known differences. */
  readonly known: readonly string[];
  /** Where to write what matched. */
  readonly matches?: string | undefined;
  readonly terminal: Terminal;
}

const mostShown = 40;

/** Writes what matched, compares it with what was expected, and prints the differences. Answers whether all of them are known. */
export async function reportMatches(options: MatchReportOptions): Promise<boolean> {
  const { terminal } = options;
  const actual = await readLakeMatches(options.lakeDir);
  if (options.matches !== undefined) {
    writeFileSync(options.matches, toLines(actual));
    terminal.note(`Rule matches of ${actual.size} events written to ${options.matches}`);
  }
  if (options.expect.length === 0) return true;
  const expected: MatchTable = new Map();
  for (const file of options.expect) {
    for (const [key, entry] of await readExpectedMatches(file)) expected.set(key, entry);
  }
  const known = (await Promise.all(options.known.map(readKnownDifferences))).flat();
  const differences = compareMatches(expected, actual, { files: options.files, known });
  printDifferences(expected, actual, differences, options);
  return differences.every(({ why }) => why !== undefined);
}

function printDifferences(
  expected: MatchTable,
  actual: MatchTable,
  differences: readonly Difference[],
  { terminal, files }: MatchReportOptions,
): void {
  const { style } = terminal;
  const explained = differences.filter(({ why }) => why !== undefined).length;
  const open = differences.length - explained;
  terminal.print(style.bold('Expected rule matches'));
  terminal.print(
    `  expected ${countOf(expected, files)}, matched ${countOf(actual, files)}; missing ${
      differences.filter(({ kind }) => kind === 'missing').length
    }, extra ${differences.filter(({ kind }) => kind === 'extra').length}; of these ${explained} known and explained`,
  );
  const groups = Map.groupBy(
    differences,
    ({ kind, rule, why }) => `${why === undefined ? 0 : 1} ${kind} ${rule}`,
  );
  for (const [, group] of [...groups]
    .sort(([one], [other]) => one.localeCompare(other))
    .slice(0, mostShown)) {
    const [first] = group;
    if (!first) continue;
    const line = `  ${first.kind.padEnd(8)} ${String(group.length).padStart(5)}  ${first.rule}  e.g. ${first.file}:${first.position}`;
    terminal.print(first.why === undefined ? style.red(line) : style.dim(`${line}  (known: ${first.why})`));
  }
  if (groups.size > mostShown) terminal.print(`  ... and ${groups.size - mostShown} more rules`);
  terminal.print(
    open === 0 ? style.green('  no unexplained difference') : style.red(`  ${open} unexplained differences`),
  );
}

function countOf(table: MatchTable, files: ReadonlySet<string>): number {
  let count = 0;
  for (const { file, rules } of table.values()) if (files.has(file)) count += rules.size;
  return count;
}

function toLines(table: MatchTable): string {
  return [...table.values()]
    .sort((one, other) => one.file.localeCompare(other.file) || one.position - other.position)
    .map(
      ({ file, position, rules }) =>
        `${JSON.stringify({ file, line: position, rules: [...rules].sort((one, other) => one.localeCompare(other)) })}\n`,
    )
    .join('');
}
