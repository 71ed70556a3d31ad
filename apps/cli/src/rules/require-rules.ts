import { CommandError } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { type CommandContext, resolvePath } from '../commands/context.ts';
import { projectPaths } from '../project-paths.ts';
import { formatCount } from '../terminal/duration.ts';
import { readPlaceholders } from './read-placeholders.ts';
import { readRules, requireFolder } from './read-rules.ts';

/**
 * The rule folders that a platform is started with: those of `flag` (an option or a variable), else the bundled one. Tells how many of their rules
 * can be used: the processor, which gets the same placeholders, refuses the same ones, and a platform without rules looks like one where nothing happens.
 * @throws {CommandError} when a folder cannot be read or no rule can be used.
 */
export function requireRules(context: CommandContext, given: readonly string[], flag = '--rules'): string[] {
  const folders =
    given.length > 0 ? given.map((folder) => resolvePath(context, folder)) : [projectPaths.rules];
  for (const folder of folders) requireFolder(folder, flag);
  const { set, errors } = readRules(folders, {
    placeholders: readPlaceholders(context),
    tell: context.terminal.note,
  });
  const refused = new Set(errors.map(({ path, ruleId, line }) => `${path} ${ruleId ?? line}`)).size;
  const why = `${commandName} rules check ${folders.join(' ')}`;
  if (set.rules.length === 0)
    throw new CommandError(
      refused === 0
        ? `There are no rules (.yml, .yaml) in ${folders.join(', ')}: nothing could be detected. Name a folder of Sigma rules with ${flag}.`
        : `None of the rules in ${folders.join(', ')} can be used: 0 loaded, ${formatCount(refused)} refused (${why} tells why).`,
    );
  context.terminal.note(
    `rules: ${formatCount(set.rules.length)} loaded, ${formatCount(refused)} refused${refused === 0 ? '' : ` (${why} tells why)`}`,
  );
  return folders;
}
