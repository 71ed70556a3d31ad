import { opendir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  parseRules,
  type RuleError,
  type SigmaCorrelation,
  type SigmaFilter,
  type SigmaRule,
} from '@parapet/sigma';

export interface LoadedRules {
  readonly rules: readonly SigmaRule[];
  readonly filters: readonly SigmaFilter[];
  readonly errors: readonly RuleError[];
  readonly files: number;
}

const maxFiles = 100_000;
const maxDepth = 32;
const maxFileBytes = 8 * 1024 * 1024;

/**
 * Parses every rule file below the folders, in the order of the folders and of the files' paths, so that of several
 * rules with one id the same one is always taken.
 * @throws when a folder cannot be read: detecting with fewer rules than asked for would look like working.
 */
export async function loadRuleFiles(folders: readonly string[]): Promise<LoadedRules> {
  const rules: SigmaRule[] = [];
  const filters: SigmaFilter[] = [];
  const errors: RuleError[] = [];
  let count = 0;
  for (const folder of folders) {
    for (const file of await findRuleFiles(path.resolve(folder))) {
      count += 1;
      if (count > maxFiles)
        throw new Error(`RULES_DIRS holds more than ${maxFiles} rule files. Name narrower folders.`);
      const parsed = parseRules(await readRuleFile(file), { path: file });
      rules.push(...parsed.rules);
      filters.push(...parsed.filters);
      errors.push(...parsed.errors, ...parsed.correlations.map(notRunHere));
    }
  }
  return { rules, filters, errors, files: count };
}

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

async function findRuleFiles(folder: string): Promise<string[]> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is not a folder');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The rule folder ${folder} cannot be read (${reason}). Correct RULES_DIRS.`, { cause });
  }
  const found: string[] = [];
  await walk(folder, 0, found);
  return found.sort((a, b) => (a < b ? -1 : 1));
}

async function walk(folder: string, depth: number, found: string[]): Promise<void> {
  if (depth > maxDepth) return;
  for await (const entry of await opendir(folder)) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(at, depth + 1, found);
    else if (entry.isFile() && /\.ya?ml$/i.test(entry.name)) found.push(at);
  }
}

async function readRuleFile(file: string): Promise<string> {
  const { size } = await stat(file);
  // parseRules refuses what is too long with an error of its own; reading all of it first would be the harm.
  if (size > maxFileBytes) return 'x'.repeat(maxFileBytes + 1);
  return readFile(file, 'utf8');
}
