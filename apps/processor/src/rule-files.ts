import { createHash } from 'node:crypto';
import { opendir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '@parapet/service';
import {
  parsePlaceholders,
  parseRules,
  type RuleError,
  type SigmaCorrelation,
  type SigmaFilter,
  type SigmaRule,
} from '@parapet/sigma';
import type { Placeholders } from './create-analyser.ts';

export interface LoadedRules {
  readonly rules: readonly SigmaRule[];
  readonly filters: readonly SigmaFilter[];
  readonly errors: readonly RuleError[];
  readonly files: number;
  /** The files that hold no rule, whatever else they hold. */
  readonly withoutRules: readonly string[];
  readonly placeholders: Placeholders;
}

/** How the files look without reading them: when nothing of it changed, they were not written. */
export interface RuleFilesState {
  readonly digest: string;
  /** The folders that were looked into. */
  readonly folders: readonly string[];
}

export interface RuleFiles {
  /** @throws as `load` does. */
  look(): Promise<RuleFilesState>;
  /**
   * Parses every rule file below the folders, in the order of the folders and of the files' paths, so that of several
   * rules with one id the same one is always taken.
   * @throws {ConfigError} with what to correct, when a folder or the placeholders cannot be read: detecting with fewer rules than asked
   * for would look like working.
   */
  load(): Promise<LoadedRules>;
}

export interface RuleFilesOptions {
  readonly folders: readonly string[];
  /** YAML: what `%name%` stands for in values with the `expand` modifier. */
  readonly placeholdersFile?: string | undefined;
}

const maxFiles = 100_000;
const maxDepth = 32;
const maxFileBytes = 8 * 1024 * 1024;
const statsAtOnce = 32;

export function openRuleFiles(options: RuleFilesOptions): RuleFiles {
  const placeholdersFile =
    options.placeholdersFile === undefined ? undefined : path.resolve(options.placeholdersFile);

  async function find(): Promise<Found> {
    const found: Found = { files: [], folders: [] };
    for (const folder of options.folders) {
      const inside = await findRuleFiles(path.resolve(folder));
      found.files.push(...inside.files);
      found.folders.push(...inside.folders);
      if (found.files.length > maxFiles)
        throw new ConfigError([`RULES_DIRS holds more than ${maxFiles} rule files. Name narrower folders.`]);
    }
    return found;
  }

  return {
    async look() {
      const { files, folders } = await find();
      const all = placeholdersFile === undefined ? files : [...files, placeholdersFile];
      const hash = createHash('sha256');
      for (let from = 0; from < all.length; from += statsAtOnce)
        for (const line of await Promise.all(all.slice(from, from + statsAtOnce).map(describeFile)))
          hash.update(line);
      return {
        digest: hash.digest('base64'),
        folders: placeholdersFile === undefined ? folders : [...folders, path.dirname(placeholdersFile)],
      };
    },
    async load() {
      const placeholders = placeholdersFile === undefined ? {} : await loadPlaceholders(placeholdersFile);
      const rules: SigmaRule[] = [];
      const filters: SigmaFilter[] = [];
      const errors: RuleError[] = [];
      const withoutRules: string[] = [];
      const { files } = await find();
      for (const file of files) {
        const parsed = parseRules(await readBounded(file), { path: file });
        rules.push(...parsed.rules);
        if (parsed.rules.length === 0) withoutRules.push(file);
        filters.push(...parsed.filters);
        errors.push(...parsed.errors, ...parsed.correlations.map(notRunHere));
        if (Object.values(parsed).every(({ length }) => length === 0)) errors.push(emptyFile(file));
      }
      return { rules, filters, errors, files: files.length, withoutRules, placeholders };
    },
  };
}

/** Most likely not meant: a file that was cut off, or one that an editor made and did not fill. */
const emptyFile = (file: string): RuleError => ({
  path: file,
  line: 1,
  column: 1,
  code: 'not_a_rule',
  message: 'The file is empty; to do without its rule, delete it.',
});

/** A correlation needs state over events, which this process does not keep; the rules it refers to find what they find. */
function notRunHere({ id, path: file, line }: SigmaCorrelation): RuleError {
  return {
    ...(file === undefined ? {} : { path: file }),
    line,
    column: 1,
    code: 'unsupported_correlation',
    message: 'Correlations are not run yet; the rules it refers to yield findings of their own.',
    ruleId: id,
  };
}

interface Found {
  readonly files: string[];
  readonly folders: string[];
}

async function findRuleFiles(folder: string): Promise<Found> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is not a folder');
    const found: Found = { files: [], folders: [] };
    await walk(folder, 0, found);
    found.files.sort((a, b) => (a < b ? -1 : 1));
    return found;
  } catch (cause) {
    throw new ConfigError(
      [`The rule folder ${folder} cannot be read (${reasonOf(cause)}). Correct RULES_DIRS.`],
      {
        cause,
      },
    );
  }
}

async function walk(folder: string, depth: number, found: Found): Promise<void> {
  if (depth > maxDepth) return;
  found.folders.push(folder);
  for await (const entry of await opendir(folder)) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(at, depth + 1, found);
    else if (entry.isFile() && /\.ya?ml$/i.test(entry.name)) found.files.push(at);
  }
}

/** The inode and the time of the last change of it show also a file that was put in place with an older time of writing. */
async function describeFile(file: string): Promise<string> {
  try {
    const { size, mtimeNs, ctimeNs, ino } = await stat(file, { bigint: true });
    return `${file}\0${size}\0${mtimeNs}\0${ctimeNs}\0${ino}\0`;
  } catch {
    return `${file}\0gone\0`;
  }
}

async function readBounded(file: string): Promise<string> {
  const { size } = await stat(file);
  // The parsers refuse what is too long with an error of their own; reading all of it first would be the harm.
  if (size > maxFileBytes) return 'x'.repeat(maxFileBytes + 1);
  return readFile(file, 'utf8');
}

async function loadPlaceholders(file: string): Promise<Placeholders> {
  const text = await readBounded(file).catch((cause: unknown) => {
    throw new ConfigError(
      [`The placeholders in ${file} cannot be read (${reasonOf(cause)}). Correct PLACEHOLDERS_FILE.`],
      { cause },
    );
  });
  const { placeholders, errors } = parsePlaceholders(text);
  const [first] = errors;
  if (first)
    throw new ConfigError([
      `The placeholders in ${file} cannot be used: line ${first.line}, column ${first.column}: ${first.message} Correct PLACEHOLDERS_FILE.`,
    ]);
  return placeholders;
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
