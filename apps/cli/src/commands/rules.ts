import path from 'node:path';
import { type RuleError, ruleWarningCodes } from '@parapet/sigma';
import { Command } from 'commander';
import { CommandError, ExitSignal, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { projectPaths } from '../project-paths.ts';
import { readPlaceholders } from '../rules/read-placeholders.ts';
import { readRules } from '../rules/read-rules.ts';
import { countUnheard, listUnheard, unheardOf } from '../rules/unheard.ts';
import { plural } from '../terminal/plural.ts';
import { printable } from '../terminal/terminal.ts';
import { type CommandContext, resolvePath } from './context.ts';
import { placeholdersOption } from './options.ts';
import { explainCommand } from './rules-explain.ts';

export function rulesCommand(context: CommandContext): Command {
  const rules = new Command('rules').description('Work with Sigma rules.');
  rules
    .command('check')
    .description('Parse and compile rules; print every error with its place. Exit code 1 when there is one.')
    .argument('[path...]', 'rule files and folders (default: the bundled rules)')
    .addOption(placeholdersOption())
    .option('--json', 'print the errors and the counts as JSON', false)
    .addHelpText('after', `\nExample:\n  ${commandName} rules check ~/sigma/rules ./my-rules`)
    .action((paths: string[], options: CheckArguments) => check(context, paths, options));
  rules.addCommand(explainCommand(context));
  return rules;
}

interface CheckArguments {
  readonly placeholders?: string;
  readonly json: boolean;
}

function check(context: CommandContext, paths: readonly string[], options: CheckArguments): void {
  const { terminal } = context;
  const given = paths.length === 0 ? [projectPaths.rules] : paths.map((one) => resolvePath(context, one));
  const { set, errors, warnings, files } = readChecked(context, given, options);
  if (files === 0) throw new CommandError(`No rule files (.yml, .yaml) in ${given.join(', ')}.`);
  const byCode = [...Map.groupBy([...errors, ...warnings], ({ code }) => code)]
    .map(([code, list]) => [code, list.length] as const)
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
  const rules = set.rules.length;
  const correlations = set.correlations.length;
  const unheard = unheardOf(set.rules);
  if (options.json) {
    const codes = Object.fromEntries(byCode);
    terminal.print(JSON.stringify({ files, rules, correlations, errors, warnings, codes, unheard }, null, 2));
  } else {
    for (const { path: file, line, column, code, message } of [...errors, ...warnings])
      terminal.print(`${file ?? ''}:${line}:${column}: ${code}: ${printable(message, 500)}`);
    for (const [code, count] of byCode) terminal.note(`${String(count).padStart(6)} ${code}`);
    terminal.note(
      `${plural(rules, 'rule')} of ${plural(files, 'file')} can be used; ${plural(errors.length, 'error')}${warnings.length === 0 ? '' : `, ${plural(warnings.length, 'warning')}`}.`,
    );
    if (unheard.length > 0)
      terminal.note(
        `${plural(countUnheard(unheard), 'rule')} can match nothing, since no source is known that has such a log source: ${listUnheard(unheard)} (${commandName} sources list shows those that are known).`,
      );
    if (correlations > 0)
      terminal.note(
        `${plural(correlations, 'correlation')} can be read; the platform does not run them yet.`,
      );
  }
  if (errors.length > 0) throw new ExitSignal(exitCodes.failed);
}

/** What is wrong with a rule file, or worth a look; `line` and `column` start at 1. */
interface CheckedPlace extends Omit<RuleError, 'code'> {
  readonly code: RuleError['code'] | 'empty_file';
}

function readChecked(context: CommandContext, given: readonly string[], options: CheckArguments) {
  const read = readRules(given, {
    placeholders: readPlaceholders(context, options.placeholders),
    display: (file) => displayed(context, file),
    tell: context.terminal.note,
  });
  const isWarning = ({ code }: RuleError) => ruleWarningCodes.includes(code);
  const warnings: CheckedPlace[] = [
    ...read.errors.filter(isWarning),
    ...read.empty.map((file) => ({
      path: file,
      line: 1,
      column: 1,
      code: 'empty_file' as const,
      message: 'The file holds no rule.',
    })),
  ];
  return { ...read, errors: read.errors.filter((error) => !isWarning(error)), warnings };
}

function displayed(context: CommandContext, file: string): string {
  const relative = path.relative(resolvePath(context, '.'), file);
  return relative.startsWith('..') ? file : relative;
}
