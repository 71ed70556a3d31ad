import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { compileRules, parseRules, type RuleError } from '@parapet/sigma';
import { Command } from 'commander';
import { CommandError, ExitSignal, exitCodes, messageOf } from '../command-error.ts';
import { projectPaths } from '../project-paths.ts';
import { formatCount } from '../terminal/duration.ts';
import { printable } from '../terminal/terminal.ts';
import { type CommandContext, resolvePath } from './context.ts';

export function rulesCommand(context: CommandContext): Command {
  const rules = new Command('rules').description('Work with Sigma rules.');
  rules
    .command('check')
    .description('Parse and compile rules; print every error with its place. Exit code 1 when there is one.')
    .argument('[path...]', 'rule files and folders (default: the bundled rules)')
    .addHelpText('after', '\nExample:\n  parapet rules check ~/sigma/rules ./my-rules')
    .action((paths: string[]) => check(context, paths));
  return rules;
}

function check(context: CommandContext, paths: readonly string[]): void {
  const { terminal } = context;
  const given = paths.length === 0 ? [projectPaths.rules] : paths.map((one) => resolvePath(context, one));
  const files = given.flatMap(listRuleFiles);
  if (files.length === 0) throw new CommandError(`No rule files (.yml, .yaml) in ${given.join(', ')}.`);
  const parsed = files.map((file) => parseRules(readRule(file), { path: displayed(context, file) }));
  const set = compileRules(parsed.flatMap(({ rules }) => rules));
  const errors = [...parsed.flatMap((file) => file.errors), ...set.errors].sort(byPlace);
  for (const error of errors) {
    terminal.print(
      `${error.path ?? ''}:${error.line}:${error.column}: ${printable(error.message, 500)} ${terminal.style.dim(`(${error.code})`)}`,
    );
  }
  const byCode = Map.groupBy(errors, ({ code }) => code);
  for (const [code, list] of byCode) terminal.note(`${String(list.length).padStart(6)} ${code}`);
  terminal.note(
    `${formatCount(set.rules.length)} rules of ${formatCount(files.length)} files can be used; ${errors.length} errors.`,
  );
  if (errors.length > 0) throw new ExitSignal(exitCodes.failed);
}

function listRuleFiles(given: string): string[] {
  try {
    if (!statSync(given).isDirectory()) return [given];
    return readdirSync(given, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    throw new CommandError(`${given} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readRule(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function displayed(context: CommandContext, file: string): string {
  const relative = path.relative(resolvePath(context, '.'), file);
  return relative.startsWith('..') ? file : relative;
}

function byPlace(one: RuleError, other: RuleError): number {
  return (
    (one.path ?? '').localeCompare(other.path ?? '') || one.line - other.line || one.column - other.column
  );
}
