import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  compileRules,
  type ParsedRules,
  parseRules,
  type RuleError,
  type RuleSet,
  type SigmaCorrelation,
  type SigmaFilter,
  type SigmaRule,
} from '@parapet/sigma';
import { CommandError, exitCodes } from '../command-error.ts';
import { inspectFile } from '../input/inspect-input.ts';
import { walkFiles } from '../input/walk-files.ts';
import { whyNot } from '../why-not.ts';
import type { Placeholders } from './read-placeholders.ts';

export interface ReadRules {
  readonly set: RuleSet;
  /** Of parsing and compiling, by place. */
  readonly errors: readonly RuleError[];
  readonly files: number;
  /** Files that hold nothing at all. */
  readonly empty: readonly string[];
}

export interface ParsedRuleFiles {
  readonly rules: readonly SigmaRule[];
  readonly correlations: readonly SigmaCorrelation[];
  readonly filters: readonly SigmaFilter[];
  /** Of parsing alone, in the order of files. */
  readonly errors: readonly RuleError[];
  readonly files: number;
  readonly empty: readonly string[];
}

/**
 * Parses and compiles the rules of files and of folders at any depth, as the processor does.
 * `display` gives the path of a file as errors name it; placeholders are what `%name%` stands for.
 * @throws {CommandError} when something cannot be read.
 */
export function readRules(
  paths: readonly string[],
  options: {
    readonly placeholders: Placeholders;
    readonly display?: (file: string) => string;
    /** Gets what people should know. */
    tell(sentence: string): void;
  },
): ReadRules {
  const { rules, correlations, filters, errors, files, empty } = parseRuleFiles(paths, options);
  const set = compileRules(rules, { correlations, filters, placeholders: options.placeholders });
  return { set, errors: [...errors, ...set.errors].sort(byPlace), files, empty };
}

/**
 * Parses the rules of files and of folders at any depth, for someone who compiles them elsewhere.
 * @throws {CommandError} when something cannot be read.
 */
export function parseRuleFiles(
  paths: readonly string[],
  options: { readonly display?: (file: string) => string; tell(sentence: string): void },
): ParsedRuleFiles {
  const { display = (file) => file, tell } = options;
  // A file that is given and that is in a folder that is given is one file.
  const files = [
    ...new Map(
      paths.flatMap((given) => listRuleFiles(given, tell)).map((file) => [path.resolve(file), file]),
    ).values(),
  ];
  const parsed = files.map((file) => parseRules(readRule(file), { path: display(file) }));
  const isEmpty = ({ rules, correlations, filters, errors }: ParsedRules) =>
    rules.length + correlations.length + filters.length + errors.length === 0;
  return {
    rules: parsed.flatMap(({ rules }) => rules),
    correlations: parsed.flatMap(({ correlations }) => correlations),
    filters: parsed.flatMap(({ filters }) => filters),
    errors: parsed.flatMap(({ errors }) => errors),
    files: files.length,
    empty: files.filter((_, index) => isEmpty(parsed[index] as ParsedRules)).map(display),
  };
}

/** Refuses, before anything is started, a rule folder of an option or a variable that is none or that cannot be read. */
export function requireFolder(folder: string, flag: string): void {
  if (isReadableFolder(folder, flag)) return;
  throw new CommandError(`${flag} names ${folder}, which is a file: name the folder that it is in.`, {
    exitCode: exitCodeOf(flag),
  });
}

/**
 * Whether a path that `flag` names is a folder and not a file.
 * @throws {CommandError} with the exit code of a wrong command line (or configuration, for a variable), when it cannot be read.
 */
export function isReadableFolder(given: string, flag: string): boolean {
  try {
    if (!statSync(given).isDirectory()) return false;
    readdirSync(given);
    return true;
  } catch (error) {
    throw new CommandError(`The folder ${given} that ${flag} names cannot be read: ${whyNot(error)}`, {
      cause: error,
      exitCode: exitCodeOf(flag),
    });
  }
}

const exitCodeOf = (flag: string) => (flag.startsWith('--') ? exitCodes.usage : exitCodes.config);

function listRuleFiles(given: string, tell: (sentence: string) => void): string[] {
  if (inspectFile(given) !== 'folder') return [given];
  return walkFiles(given, { name: /\.ya?ml$/i, tell }).map((file) => file.path);
}

function readRule(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

const unreadable = (file: string, error: unknown) =>
  new CommandError(`${file} cannot be read: ${whyNot(error)}`, { cause: error });

function byPlace(one: RuleError, other: RuleError): number {
  return (
    (one.path ?? '').localeCompare(other.path ?? '') || one.line - other.line || one.column - other.column
  );
}
