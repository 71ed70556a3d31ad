import { createHash } from 'node:crypto';
import { opendir, readFile, realpath, stat } from 'node:fs/promises';
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
   * Parses every rule file below the folders, links followed, in the order of the folders and of the files' paths, so that of several
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
/** Files, folders and links below one folder. */
const maxEntries = 1_000_000;
const maxFileBytes = 8 * 1024 * 1024;
const statsAtOnce = 32;

export function openRuleFiles(options: RuleFilesOptions): RuleFiles {
  const placeholdersFile =
    options.placeholdersFile === undefined ? undefined : path.resolve(options.placeholdersFile);

  async function find(): Promise<Found> {
    const found: Found = { files: [], folders: [], broken: [] };
    for (const folder of options.folders) {
      const inside = await findRuleFiles(path.resolve(folder));
      found.files.push(...inside.files);
      found.folders.push(...inside.folders);
      found.broken.push(...inside.broken);
      if (found.files.length > maxFiles)
        throw new ConfigError([`RULES_DIRS holds more than ${maxFiles} rule files. Name narrower folders.`]);
    }
    return found;
  }

  return {
    async look() {
      const { files, folders, broken } = await find();
      const all = placeholdersFile === undefined ? files : [...files, placeholdersFile];
      const hash = createHash('sha256');
      for (const link of broken) hash.update(`${link}\0broken\0`);
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
      const { files, broken } = await find();
      errors.push(...broken.map(leadsNowhere));
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

/** What it should have led to is not known: nothing else can be wrong because of it. */
function leadsNowhere(link: string): RuleError {
  return { path: link, line: 1, column: 1, code: 'not_a_rule', message: 'The link leads nowhere.' };
}

interface Found {
  readonly files: string[];
  readonly folders: string[];
  /** Links that lead nowhere. */
  readonly broken: string[];
}

async function findRuleFiles(folder: string): Promise<Found> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is not a folder');
    return await walk(folder);
  } catch (cause) {
    throw new ConfigError(
      [`The rule folder ${folder} cannot be read (${reasonOf(cause)}). Correct RULES_DIRS.`],
      {
        cause,
      },
    );
  }
}

interface Place {
  readonly path: string;
  /** The path without links. */
  readonly real: string;
}

/**
 * Links to files and folders are followed; each file and each folder is taken once however many links lead to it, by its own
 * name where that is below the folder. Folders whose names start with two dots are passed over: there Kubernetes keeps the
 * versions of a mounted volume, to which links with the plain names lead.
 */
async function walk(top: string): Promise<Found> {
  const folders = new Map<string, string>();
  const files = new Map<string, string>();
  const fileLinks: Place[] = [];
  const folderLinks: Place[] = [];
  const broken: string[] = [];
  let entries = 0;

  async function look(from: Place): Promise<void> {
    const waiting = [from];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (folders.has(at.real)) continue;
      folders.set(at.real, at.path);
      for await (const entry of await opendir(at.path)) {
        entries += 1;
        if (entries > maxEntries) throw new Error(`it holds more than ${maxEntries} files`);
        const found = { path: path.join(at.path, entry.name), real: path.join(at.real, entry.name) };
        if (entry.isSymbolicLink()) await follow(found.path);
        else if (entry.isFile() && isRuleFile(found.path)) files.set(found.real, found.path);
        else if (entry.isDirectory() && !isVersions(found.path)) waiting.push(found);
      }
    }
  }

  async function follow(link: string): Promise<void> {
    if (isVersions(link)) return;
    try {
      const stats = await stat(link);
      const found = { path: link, real: await realpath(link) };
      if (stats.isFile() && isRuleFile(link)) fileLinks.push(found);
      else if (stats.isDirectory()) folderLinks.push(found);
    } catch {
      broken.push(link);
    }
  }

  await look({ path: top, real: await realpath(top) });
  // Links come last, so that what has a name of its own here goes by that; sorted, so that one of several is always taken.
  while (folderLinks.length > 0) for (const link of folderLinks.splice(0).sort(byPath)) await look(link);
  for (const link of fileLinks.sort(byPath)) if (!files.has(link.real)) files.set(link.real, link.path);
  return {
    files: [...files.values()].sort(inOrder),
    folders: [...folders.values()],
    broken: broken.sort(inOrder),
  };
}

const isRuleFile = (file: string): boolean => /\.ya?ml$/i.test(file);
const isVersions = (folder: string): boolean => path.basename(folder).startsWith('..');
const inOrder = (one: string, other: string): number => (one < other ? -1 : 1);
const byPath = (one: Place, other: Place): number => inOrder(one.path, other.path);

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
