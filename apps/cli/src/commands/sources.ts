import { ocsfClasses, productName, type SourceProfile, sourceProfiles } from '@parapet/event-model';
import { Command } from 'commander';
import { CommandError, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { jsonAdvice } from '../input/json-advice.ts';
import { listCaptures } from '../input/list-captures.ts';
import { projectPaths } from '../project-paths.ts';
import { readPlaceholders } from '../rules/read-placeholders.ts';
import { readRules } from '../rules/read-rules.ts';
import { explainFiles, standardInput } from '../sources/explain-files.ts';
import { logSourceText, printReport } from '../sources/print-report.ts';
import { formatCount } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import { type CommandContext, resolvePath } from './context.ts';
import { collect, parseSome, placeholdersOption } from './options.ts';

interface ExplainArguments {
  readonly rules: readonly string[];
  readonly placeholders?: string;
  readonly source?: string;
  readonly limit?: number;
  readonly top: number;
  readonly json?: boolean;
}

const mostUnreadable = 5;

export function sourcesCommand(context: CommandContext): Command {
  const sources = new Command('sources').description(
    'See what log sources are known and what events are taken for.',
  );
  sources
    .command('list')
    .description(
      'List the sources, the shapes of their events, and the Sigma log sources and OCSF classes they have.',
    )
    .option('--json', 'print JSON')
    .action((options: { readonly json?: boolean }) => list(context, options.json === true));
  sources
    .command('explain')
    .description(
      'Say what the events of your own files are taken for and why, which fields are mapped, which nobody uses, and which rules want and never get.',
    )
    .argument(
      '<path...>',
      'files (NDJSON or a JSON array, also packed by gzip or zstd) and folders of them; - is standard input',
    )
    .option(
      '--rules <dir>',
      'folder of Sigma rules instead of the bundled ones; may be repeated',
      collect,
      [],
    )
    .addOption(placeholdersOption())
    .option('--source <id>', 'take every event for one of this source, as the header parapet-source does')
    .option('--limit <events>', 'look at no more events than this', parseSome)
    .option('--top <lines>', 'lines of each list', parseSome, 25)
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      `
Exit code 1 when a file could not be read to its end, or not one event could be used.

Examples:
  ${commandName} sources explain ./auth.ndjson
  ${commandName} sources explain ./captures --rules ~/sigma/rules --limit 100000
  zstdcat events.zst | ${commandName} sources explain -
  ${commandName} sources explain ./odd.json --source suricata --json`,
    )
    .action((paths: string[], options: ExplainArguments) => explain(context, paths, options));
  return sources;
}

function list({ terminal }: CommandContext, asJson: boolean): void {
  const known = sourceProfiles.map(describe);
  if (asJson) {
    terminal.print(JSON.stringify(known, undefined, 2));
    return;
  }
  for (const { id, product, shapes, logSources, classes } of known) {
    terminal.print(`${terminal.style.bold(id)}  ${product}`);
    terminal.print(`  shapes       ${shapes.join(', ')}`);
    terminal.print(`  log sources  ${logSources.join(', ')}`);
    terminal.print(`  classes      ${classes.join(', ')}`);
  }
}

function describe(profile: SourceProfile) {
  const { id, shapes, kinds } = profile;
  return {
    id,
    product: productName(profile),
    shapes: shapes.map((shape) => shape.id),
    logSources: [...new Set(kinds.flatMap((kind) => kind.logSources.map(logSourceText)))],
    classes: [...new Set(kinds.map((kind) => ocsfClasses[kind.class].name))],
  };
}

async function explain(
  context: CommandContext,
  paths: readonly string[],
  { source, limit, json, top, placeholders, rules: folders }: ExplainArguments,
): Promise<void> {
  const { terminal, signal } = context;
  if (source !== undefined && !sourceProfiles.some(({ id }) => id === source))
    throw new CommandError(
      `There is no source "${source}". Known are: ${sourceProfiles.map(({ id }) => id).join(', ')}.`,
      { exitCode: exitCodes.usage },
    );
  const files = [...new Set(paths)].flatMap((given) =>
    given === standardInput ? [given] : listCaptures([resolvePath(context, given)], { tell: terminal.note }),
  );
  const given = folders.length === 0 ? [projectPaths.rules] : folders.map((one) => resolvePath(context, one));
  const { set, errors } = readRules(given, {
    placeholders: readPlaceholders(context, placeholders),
    tell: terminal.note,
  });
  if (errors.length > 0)
    terminal.note(`${plural(errors.length, 'rule error')} (${commandName} rules check says which)`);
  if (set.rules.length === 0 && folders.length > 0)
    throw new CommandError(
      `None of the rules in ${given.join(', ')} can be used: there would be nothing to say of the fields that rules want (${commandName} rules check tells why).`,
    );
  const report = await explainFiles({
    files,
    stdin: process.stdin,
    rules: set,
    ...(source === undefined ? {} : { source }),
    limit: limit ?? Number.POSITIVE_INFINITY,
    signal,
    onProgress: (events) => terminal.progress(`${formatCount(events)} events looked at`),
  });
  if (json === true) terminal.print(JSON.stringify(report, undefined, 2));
  else printReport(report, terminal, top);
  const { unreadable } = report;
  if (unreadable.length > 0) {
    const more = unreadable.length - mostUnreadable;
    throw new CommandError(
      [...unreadable.slice(0, mostUnreadable), more > 0 ? `... and ${plural(more, 'more file')}` : []]
        .flat()
        .join('\n'),
    );
  }
  if (report.events === 0)
    throw new CommandError(
      report.deadLetters.length === 0
        ? `There are no events in ${report.files.join(', ')}: each line, or each element of a JSON array, is one.`
        : `Not one event could be used: see the dead letters above. ${jsonAdvice}.`,
    );
}
