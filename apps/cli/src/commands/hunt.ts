import { availableParallelism } from 'node:os';
import { sourceProfiles } from '@parapet/event-model';
import { type Level, levels } from '@parapet/sigma';
import { Command, Option } from 'commander';
import { CommandError, ExitSignal, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { type HuntInput, listInputs } from '../hunt/hunt-inputs.ts';
import { createProgress } from '../hunt/hunt-progress.ts';
import { type HuntRules, type HuntSummary, summarize } from '../hunt/hunt-summary.ts';
import { printSummary } from '../hunt/print-summary.ts';
import { noRulesLeft, readHuntRules } from '../hunt/read-hunt-rules.ts';
import { createResultFiles } from '../hunt/result-files.ts';
import { createResultLines, rejectedLines } from '../hunt/result-lines.ts';
import { type NamedPath, requireOwnPlaces } from '../hunt/result-places.ts';
import { type FoundInFile, type HuntOutcome, runHunt } from '../hunt/run-hunt.ts';
import { createWorkerPool } from '../hunt/worker-pool.ts';
import { jsonAdvice } from '../input/json-advice.ts';
import { eventFiles } from '../input/list-captures.ts';
import {
  type Expectation,
  printVerdict,
  readExpectation,
  reportMatches,
  requireExpectedFiles,
} from '../matches/match-report.ts';
import { addMatch, type MatchTable } from '../matches/rule-matches.ts';
import { projectPaths } from '../project-paths.ts';
import { readPlaceholders } from '../rules/read-placeholders.ts';
import { formatCount } from '../terminal/duration.ts';
import { type CommandContext, resolvePath } from './context.ts';
import { collect, parseSome, parseTime, parseWorkers, placeholdersOption } from './options.ts';

interface HuntArguments {
  readonly rules: readonly string[];
  readonly placeholders?: string;
  readonly output?: string;
  readonly details: boolean;
  readonly rejected?: string;
  readonly minLevel?: Level;
  readonly source?: string;
  readonly from?: number;
  readonly to?: number;
  readonly maxEvents?: number;
  readonly workers: number;
  readonly expect: readonly string[];
  readonly known: readonly string[];
  readonly allDifferences: boolean;
  readonly json: boolean;
  readonly progress: boolean;
  readonly quiet: boolean;
}

export function huntCommand(context: CommandContext): Command {
  return new Command('hunt')
    .description(
      'Look for Sigma rule matches in files of events, on all cores; no platform is needed. JSON lines, JSON arrays, ' +
        '{"Records": [...]} and objects one after another, also packed by gzip or zstd; folders at any depth; - is standard input.',
    )
    .argument('<path...>', 'files and folders of events')
    .option(
      '--rules <path>',
      'folder or file of Sigma rules instead of the bundled ones; may be repeated',
      collect,
      [],
    )
    .addOption(placeholdersOption())
    .option(
      '--output <file>',
      'write {file, line|index, rules} for each matching event, as NDJSON; - is standard output',
    )
    .option(
      '--details',
      'add time, source and entities of the event, and title, level and author of its rules',
      false,
    )
    .option('--rejected <file>', 'write what could not be decoded, with the reason, as NDJSON')
    .addOption(new Option('--min-level <level>', 'leave out rules of lower levels').choices([...levels]))
    .addOption(
      new Option('--source <id>', 'take all events for this source instead of recognising it').choices(
        sourceProfiles.map(({ id }) => id),
      ),
    )
    .option('--from <time>', 'leave out earlier events, e.g. 2026-01-15 or 2026-01-15T10:00:00Z', parseTime)
    .option('--to <time>', 'leave out events of this time and later', parseTime)
    .option('--max-events <count>', 'stop after this many events', parseSome)
    .option('--workers <count>', 'threads', parseWorkers, availableParallelism())
    .option(
      '--expect <file>',
      'NDJSON of {file, line|index, rules} that must match; may be repeated',
      collect,
      [],
    )
    .option(
      '--known <file>',
      'NDJSON of {rule, kind: missing|extra, file?, line?|index?, why}: differences that are explained',
      collect,
      [],
    )
    .option('--all-differences', 'print each difference from --expect, also those that are explained', false)
    .option('--json', 'print the summary as JSON', false)
    .option('--no-progress', 'do not show how far it is')
    .option('--quiet', 'print nothing but errors and what was asked for', false)
    .addHelpText(
      'after',
      `
Of a folder, files called ${eventFiles} are read.
Exit code 0 with and without matches; 1 when a file could not be read, nothing could be decoded, or an expected match differs.

Examples:
  ${commandName} hunt ./logs --rules ~/sigma/rules --output matches.ndjson
  ${commandName} hunt Security.json.zst --rules ~/sigma/rules/windows --min-level high --from 2026-01-15
  zcat events.gz | ${commandName} hunt - --json`,
    )
    .action((paths: string[], options: HuntArguments) => hunt(context, paths, options));
}

async function hunt(
  context: CommandContext,
  paths: readonly string[],
  options: HuntArguments,
): Promise<void> {
  const { terminal, signal } = context;
  const at = (name: string) => resolvePath(context, name);
  const output = options.output === undefined || options.output === '-' ? undefined : at(options.output);
  const rejected = options.rejected === undefined ? undefined : at(options.rejected);
  requireSense(options);
  requireOwnPlaces(
    [named('--output', output), named('--rejected', rejected)].flat(),
    [
      paths.map((one) => named('the list of what to look at', one === '-' ? '/dev/stdin' : at(one))),
      options.rules.map((one) => named('--rules', at(one))),
      options.expect.map((one) => named('--expect', at(one))),
      options.known.map((one) => named('--known', at(one))),
      named('--placeholders', options.placeholders === undefined ? undefined : at(options.placeholders)),
    ].flat(2),
  );
  const toStdout = options.output === '-';
  const inputs = listInputs(
    paths.map((one) => (one === '-' ? one : at(one))),
    {
      stdin: process.stdin,
      except: [output, rejected, ...options.expect.map(at), ...options.known.map(at)].filter(
        (file) => file !== undefined,
      ),
      tell: terminal.note,
    },
  );
  const expectation = await readExpectation({ expect: options.expect.map(at), known: options.known.map(at) });
  requireExpectedFiles(expectation, new Set(inputs.map(({ name }) => name)), terminal.note);
  const rules = readHuntRules(options.rules.length === 0 ? [projectPaths.rules] : options.rules.map(at), {
    minLevel: options.minLevel,
    tell: terminal.note,
  });
  const placeholders = readPlaceholders(context, options.placeholders);
  const writers = createResultFiles({ output, rejected });
  const workers = options.workers;
  const pool = createWorkerPool(workers, {
    rules: rules.rules,
    filters: rules.filters,
    placeholders,
    minLevel: options.minLevel ?? levels[0],
    source: options.source,
    from: options.from,
    to: options.to,
    details: options.details && options.output !== undefined,
    rejected: rejected !== undefined,
  });
  const matched: MatchTable = new Map();
  const toLines = createResultLines(rules.rules, options.details);
  // Known only when a worker has compiled the rules: then there is no use in reading on.
  const unusable = new AbortController();
  const ready = pool.ready.then((compiled) => {
    if (!compiled.used.includes(true)) unusable.abort(noRulesLeft(rules, compiled));
    return compiled;
  });
  ready.catch(() => undefined);
  const startedAt = performance.now();
  const progress = createProgress(terminal, inputs, options.progress && !options.quiet);
  let outcome: HuntOutcome;
  let used: HuntRules;
  try {
    outcome = await runHunt({
      inputs,
      pool,
      workers,
      maxEvents: options.maxEvents,
      signal: AbortSignal.any([signal, unusable.signal]),
      onFound(found) {
        if (options.output !== undefined) {
          const text = toLines(found);
          if (!toStdout) writers.output?.write(text);
          else if (text !== '') terminal.print(text.slice(0, -1));
        }
        writers.rejected?.write(rejectedLines(found));
        if (options.expect.length > 0) enterMatches(matched, found, rules);
      },
      onProgress: progress.show,
    });
    progress.finish(outcome);
    const compiled = await ready;
    unusable.signal.throwIfAborted();
    used = {
      ...rules,
      ...compiled,
      correlations: rules.correlations,
      errors: [...rules.errors, ...compiled.errors],
    };
    writers.finish();
  } catch (error) {
    if (signal.aborted) progress.interrupted(signal.reason, toStdout);
    throw error;
  } finally {
    writers.discard();
    await pool.close();
  }
  const summary = summarize(outcome, used, { workers, ms: performance.now() - startedAt });
  tell(context, options, { summary, matched, inputs, expectation });
}

const named = (role: string, file: string | undefined): NamedPath[] =>
  file === undefined ? [] : [{ role, path: file }];

function requireSense(options: HuntArguments): void {
  const exitCode = exitCodes.usage;
  if (options.output === '-' && options.json)
    throw new CommandError(
      '--json and --output - would both write to standard output: give --output a file.',
      {
        exitCode,
      },
    );
  if (options.from !== undefined && options.to !== undefined && options.from >= options.to)
    throw new CommandError('--from must be before --to: no event would be looked at.', { exitCode });
  if (options.details && options.output === undefined)
    throw new CommandError('--details adds to the lines of --output: name a file with --output, or -.', {
      exitCode,
    });
  if (options.allDifferences && options.expect.length === 0)
    throw new CommandError('--all-differences shows those from --expect: name a list of expected matches.', {
      exitCode,
    });
  if (options.known.length > 0 && options.expect.length === 0)
    throw new CommandError('--known explains differences from --expect: name a list of expected matches.', {
      exitCode,
    });
}

function enterMatches(table: MatchTable, { file, result }: FoundInFile, { rules }: HuntRules): void {
  const { matches } = result;
  for (let at = 0; at < matches.length; ) {
    const [position = 0, count = 0] = matches.subarray(at, at + 2);
    for (const rule of matches.subarray(at + 2, at + 2 + count))
      addMatch(table, { file, position }, rules[rule]?.id ?? '');
    at += 2 + count;
  }
}

function tell(
  context: CommandContext,
  options: HuntArguments,
  found: {
    readonly summary: HuntSummary;
    readonly matched: MatchTable;
    readonly inputs: readonly HuntInput[];
    readonly expectation: Expectation;
  },
): void {
  const { terminal } = context;
  const { style } = terminal;
  // Where results or JSON go to standard output, what is for people does not.
  const print = options.output === '-' || options.json ? terminal.note : terminal.print;
  let { summary } = found;
  if (options.expect.length > 0) {
    const comparison = reportMatches({
      actual: found.matched,
      files: new Set(found.inputs.map(({ name }) => name)),
      expectation: found.expectation,
      allDifferences: options.allDifferences,
      style,
      print,
    });
    summary = { ...summary, comparison };
  }
  if (!options.quiet && !options.json) printSummary(summary, style, print);
  // Behind the summary, so that both are seen at the end of a long list.
  if (summary.comparison !== undefined) printVerdict(summary.comparison, { style, print });
  if (options.json) terminal.print(JSON.stringify(summary, null, 2));
  const problems = problemsOf(summary);
  for (const problem of problems) terminal.note(style.red(problem));
  if (problems.length > 0) throw new ExitSignal(exitCodes.failed);
}

function problemsOf({ events, rejected, unreadable, empty, files, comparison }: HuntSummary): string[] {
  const problems: string[] = [];
  if (unreadable.length > 0)
    problems.push(
      `${formatCount(unreadable.length)} of ${formatCount(files)} files could not be read to their end, e.g. ${unreadable[0]?.file}: ${unreadable[0]?.why}`,
    );
  else if (events === 0 && empty.length < files && rejected.length > 0)
    problems.push(`No event could be decoded. ${jsonAdvice}; --rejected FILE tells what was found instead.`);
  if (comparison !== undefined && comparison.unexplained > 0)
    problems.push('The rules that matched are not those expected.');
  return problems;
}
