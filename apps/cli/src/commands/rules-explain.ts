import { existsSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { createDecoder, type EventBatch, sourceProfiles } from '@parapet/event-model';
import type { SigmaFilter, SigmaRule } from '@parapet/sigma';
import { Command, Option } from 'commander';
import { CommandError, ExitSignal, exitCodes } from '../command-error.ts';
import { commandName } from '../command-name.ts';
import { chunkEvents, type EventPlace } from '../input/chunk-events.ts';
import { eventPositions } from '../input/event-positions.ts';
import { inspectInput, openInput } from '../input/inspect-input.ts';
import { readBytes } from '../input/read-bytes.ts';
import { projectPaths } from '../project-paths.ts';
import {
  createRuleExplainer,
  type ExplainedEvent,
  logSourceName,
  sourcesOf,
} from '../rules/explain-event.ts';
import { explanationLines } from '../rules/explanation-lines.ts';
import { readPlaceholders } from '../rules/read-placeholders.ts';
import { parseRuleFiles } from '../rules/read-rules.ts';
import { formatCount } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import { printable } from '../terminal/terminal.ts';
import { whyNot } from '../why-not.ts';
import { type CommandContext, resolvePath } from './context.ts';
import { collect, parseCount, placeholdersOption } from './options.ts';

interface ExplainArguments {
  readonly line?: number;
  readonly rules: readonly string[];
  readonly placeholders?: string;
  readonly source?: string;
  readonly most: number;
  readonly json: boolean;
}

export function explainCommand(context: CommandContext): Command {
  return new Command('explain')
    .description('Show which parts of a rule hold for events, and what the events have.')
    .argument('<rule>', 'rule file, or the id of a rule in --rules')
    .argument('<events>', 'file of events, in any form that hunt takes')
    .option(
      '--line <number>',
      'the event at this line (from 1), or at this index (from 0) of a JSON array; else those that the rule is asked about',
      parseCount,
    )
    .option(
      '--rules <path>',
      'where to look for the id, and for filters, instead of in the bundled rules; may be repeated',
      collect,
      [],
    )
    .addOption(placeholdersOption())
    .addOption(
      new Option('--source <id>', 'take the events for this source instead of recognising it').choices(
        sourceProfiles.map(({ id }) => id),
      ),
    )
    .option('--most <count>', 'events to explain at most', parseCount, 5)
    .option('--json', 'print one JSON object an event', false)
    .addHelpText(
      'after',
      `
Exit code 1 when the file has no such event or the rule cannot be used.

Examples:
  ${commandName} rules explain ./my-rule.yml ./events.ndjson --line 12
  ${commandName} rules explain 2617e7ed-adb7-40ba-b0f3-8f9945fe6c09 ./events.ndjson.gz --rules ~/sigma/rules`,
    )
    .action((rule: string, events: string, options: ExplainArguments) =>
      explain(context, { rule, events }, options),
    );
}

interface Located {
  readonly place: EventPlace;
  readonly position: number;
  readonly explained: ExplainedEvent;
}

async function explain(
  context: CommandContext,
  given: { readonly rule: string; readonly events: string },
  options: ExplainArguments,
): Promise<void> {
  const { terminal, signal } = context;
  const { rule, filters } = findRule(context, given.rule, options.rules);
  const explainer = createRuleExplainer(rule, {
    filters,
    placeholders: readPlaceholders(context, options.placeholders),
  });
  if ('refused' in explainer)
    throw new CommandError(
      `The rule "${printable(rule.title)}" cannot be used: ${explainer.refused.map(({ message, line }) => `line ${line}: ${message}`).join(' ')}`,
    );
  const file = resolvePath(context, given.events);
  const decoder = createDecoder({ fields: () => explainer.fields, limits: { maxLines: 1e9 }, now: () => 0 });
  const figures = { events: 0, asked: 0, shown: 0, matched: 0 };
  let firstOther: Located | undefined;
  const show = (located: Located): void => {
    figures.shown += 1;
    if (located.explained.isRouted && located.explained.explanation.matched) figures.matched += 1;
    if (options.json) {
      const { place, position, explained } = located;
      terminal.print(JSON.stringify({ file: given.events, [place]: position, rule: rule.id, ...explained }));
    } else printEvent(context, given.events, { rule, located });
  };
  for await (const { batch, row, place, position } of eventsOf(file, decoder, {
    source: options.source,
    signal,
  })) {
    figures.events += 1;
    if (options.line !== undefined && position !== options.line) continue;
    const isAsked = explainer.isAsked(batch, row);
    if (isAsked) figures.asked += 1;
    if (figures.shown >= options.most) continue;
    if (options.line !== undefined || isAsked)
      show({ place, position, explained: explainer.explain(batch, row) });
    else firstOther ??= { place, position, explained: explainer.explain(batch, row) };
  }
  // Nothing that the rule looks at: one event shows why.
  if (figures.shown === 0 && firstOther !== undefined) show(firstOther);
  if (figures.shown === 0)
    throw new CommandError(
      options.line === undefined
        ? `${file} holds no event that can be decoded.`
        : `${file} has no event that can be decoded at ${options.line}; it has ${plural(figures.events, 'event')}.`,
    );
  if (!options.json) terminal.note(closingLine(figures, options));
}

function closingLine(
  figures: Readonly<Record<'events' | 'asked' | 'shown' | 'matched', number>>,
  { line }: ExplainArguments,
): string {
  const { events, asked, shown, matched } = figures;
  const whole =
    line === undefined
      ? ` of ${formatCount(asked)} that the rule is asked about, in ${formatCount(events)}`
      : '';
  return `${plural(shown, 'event')} explained${whole}; ${formatCount(matched)} of them matched by the rule.`;
}

/** A rule by its file, or by its id among those of folders, with the filters that are there. */
function findRule(
  context: CommandContext,
  given: string,
  folders: readonly string[],
): { readonly rule: SigmaRule; readonly filters: readonly SigmaFilter[] } {
  const file = resolvePath(context, given);
  const isFile = existsSync(file);
  const paths = folders.length === 0 ? [projectPaths.rules] : folders.map((one) => resolvePath(context, one));
  const { rules, filters, errors } = parseRuleFiles(
    isFile ? [file, ...(folders.length === 0 ? [] : paths)] : paths,
    { tell: context.terminal.note },
  );
  const found = isFile ? rules[0] : rules.find(({ id }) => id === given.toLowerCase());
  if (found !== undefined) return { rule: found, filters };
  if (!isFile)
    throw new CommandError(
      `${given} is neither a file nor the id of a rule in ${paths.join(', ')}: name its folder with --rules.`,
    );
  for (const { path, line, column, message } of errors)
    context.terminal.note(`${path ?? ''}:${line}:${column}: ${printable(message, 500)}`);
  if (errors.length > 0) throw new ExitSignal(exitCodes.failed);
  throw new CommandError(`${given} holds no rule.`);
}

interface PlacedEvent {
  readonly batch: EventBatch;
  readonly row: number;
  readonly place: EventPlace;
  readonly position: number;
}

async function* eventsOf(
  file: string,
  decoder: ReturnType<typeof createDecoder>,
  { source, signal }: { readonly source: string | undefined; readonly signal: AbortSignal },
): AsyncGenerator<PlacedEvent, void, void> {
  if (inspectInput(file) === 'folder')
    throw new CommandError(`${file} cannot be read: it is a folder, not a file.`);
  const stream = addAbortSignal(signal, openInput(file));
  let offset = 0;
  try {
    for await (const chunk of chunkEvents(readBytes(stream))) {
      if (chunk.kind === 'refused') continue;
      const { batches } = decoder.decode([
        {
          topicId: 'explain',
          partition: 0,
          offset: offset++,
          timestamp: 0,
          value: chunk.bytes,
          headers: { 'parapet-line': '0', ...(source === undefined ? {} : { 'parapet-source': source }) },
        },
      ]);
      const places = eventPositions(chunk);
      const rows = batches
        .flatMap((batch) => Array.from({ length: batch.length }, (_, row) => ({ batch, row })))
        .sort((a, b) => a.batch.origin(a.row).line - b.batch.origin(b.row).line);
      for (const { batch, row } of rows) {
        const position = places.of(batch.raw(row), batch.origin(row).line);
        yield { batch, row, place: chunk.place, position };
      }
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CommandError(`${file} cannot be read: ${whyNot(error)}`, { cause: error });
  } finally {
    stream.destroy();
  }
}

function printEvent(
  { terminal }: CommandContext,
  file: string,
  { rule, located: { place, position, explained } }: { readonly rule: SigmaRule; readonly located: Located },
): void {
  const { print, style } = terminal;
  const { explanation, isRouted, source, logSources } = explained;
  const where = `${file} ${place} ${position}`;
  const verdict =
    isRouted && explanation.matched
      ? style.green('matches')
      : explanation.matched
        ? style.yellow('would match, but its log source is another one')
        : style.red('does not match');
  print(`${style.bold(printable(rule.title))} ${verdict}: ${where}`);
  const names = logSources.map(logSourceName).join(', ') || 'none';
  print(`  source ${source}; log sources of the event: ${names}`);
  if (!isRouted) {
    const fitting = sourcesOf(rule.logsource);
    print(
      style.yellow(
        `  The rule looks at ${logSourceName(rule.logsource)} (${fitting.length === 0 ? 'no source profile has such events' : `sources ${fitting.join(', ')}`}): it is not asked about this event.`,
      ),
    );
  }
  for (const line of explanationLines(explanation, style)) print(`  ${line}`);
  print();
}
