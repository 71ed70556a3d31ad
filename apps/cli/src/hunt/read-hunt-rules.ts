import { type Level, levels } from '@parapet/sigma';
import { CommandError } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { isReadableFolder, parseRuleFiles } from '../rules/read-rules.ts';
import { formatCount } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import { printable } from '../terminal/terminal.ts';
import type { HuntReady } from './hunt-messages.ts';
import type { HuntRules } from './hunt-summary.ts';

/**
 * The rules below paths for a hunt that tells of `minLevel` and above.
 * @throws {CommandError} when a path cannot be read, or none of the rules could be told of.
 */
export function readHuntRules(
  given: readonly string[],
  options: { readonly minLevel: Level | undefined; tell(sentence: string): void },
): HuntRules {
  const { minLevel, tell } = options;
  for (const one of given) isReadableFolder(one, '--rules');
  const parsed = parseRuleFiles(given, { tell });
  if (parsed.files === 0)
    throw new CommandError(`There are no rule files (.yml, .yaml) in ${given.join(', ')}.`);
  const all = parsed.rules;
  const lowest = levels.indexOf(minLevel ?? levels[0]);
  const told = all.filter(({ level }) => levels.indexOf(level) >= lowest).length;
  if (told === 0)
    throw new CommandError(
      all.length === 0 && parsed.correlations.length > 0 && parsed.errors.length === 0
        ? `${given.join(', ')} holds ${plural(parsed.correlations.length, 'correlation rule')} and no others: correlations are not evaluated in a hunt, which looks at one event at a time. Nothing could match.`
        : all.length === 0
          ? `None of the rules in ${given.join(', ')} can be used (${commandName} rules check ${given.join(' ')} tells why).`
          : `All ${formatCount(all.length)} rules are below the level ${minLevel}: nothing could match.`,
    );
  return { ...parsed, used: [], belowLevel: all.length - told };
}

/** Why none of the rules that were parsed is hunted with. */
export function noRulesLeft({ errors }: HuntRules, ready: HuntReady): CommandError {
  const [first, ...more] = [...errors, ...ready.errors];
  const refused =
    first === undefined
      ? ''
      : ` ${first.path ?? ''}:${first.line}:${first.column}: ${first.code}: ${printable(first.message, 500)}${more.length === 0 ? '' : ` (and ${plural(more.length, 'more error', 'more errors')}: ${commandName} rules check tells them)`}`;
  return new CommandError(`None of the rules can be used.${refused}`);
}
