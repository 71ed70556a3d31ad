import { commandName } from '../command-name.ts';
import { countUnheard, listUnheard } from '../rules/unheard.ts';
import { formatCount, formatDuration } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import type { Style } from '../terminal/style.ts';
import { printable } from '../terminal/terminal.ts';
import type { HuntSummary } from './hunt-summary.ts';
import { megabytes } from './progress-line.ts';

const mostRules = 25;
const mostTechniques = 12;
const mostFiles = 10;

/** What a hunt found, for people. */
export function printSummary(summary: HuntSummary, style: Style, print: (line: string) => void): void {
  printRules(summary, style, print);
  printAttack(summary, style, print);
  const row = (name: string, value: string) => print(`  ${name.padEnd(12)} ${value}`);
  const list = (entries: readonly (readonly [string, number])[]) =>
    entries.map(([name, times]) => `${name} ${formatCount(times)}`).join(', ');
  print(style.bold('Summary'));
  row(
    'events',
    `${formatCount(summary.events)} of ${plural(summary.files, 'file')} (${megabytes(summary.unpackedBytes)}, ${megabytes(summary.bytes)} as stored)`,
  );
  row(
    'speed',
    `${formatCount(summary.eventsPerSecond)} events/s, ${formatDuration(summary.seconds * 1000)}, ${plural(summary.workers, 'worker')}`,
  );
  if (summary.firstTime !== undefined)
    row('event times', `${summary.firstTime} to ${summary.lastTime ?? summary.firstTime}`);
  if (summary.outsideTimeRange > 0)
    row('left out', `${formatCount(summary.outsideTimeRange)} outside the time range, or without a time`);
  row('sources', list(summary.sources.map(({ source, events }) => [source, events])) || 'none');
  const unknown = summary.sources.find(({ source }) => source === 'generic')?.events ?? 0;
  if (unknown > summary.events / 2)
    row(
      '',
      style.yellow('most events are of no source that is known: few rules look at them (--source names one)'),
    );
  const byLevel = summary.levels.map(({ level, matches }) =>
    style.severity(level, `${level} ${formatCount(matches)}`),
  );
  row(
    'matches',
    `${formatCount(summary.matches)} on ${plural(summary.matchedEvents, 'event')}, by ${plural(summary.rules.length, 'rule')}${byLevel.length > 0 ? `: ${byLevel.join(', ')}` : ''}`,
  );
  row(
    'rules',
    `${formatCount(summary.rulesLoaded)} loaded (${list(Object.entries(summary.rulesByStatus))})${refusals(summary)}`,
  );
  if (summary.unheard.length > 0)
    row(
      '',
      `${plural(countUnheard(summary.unheard), 'rule')} can match nothing: no known source has such a log source (${listUnheard(summary.unheard)})`,
    );
  if (summary.correlations > 0)
    row(
      'correlations',
      `${plural(summary.correlations, 'correlation rule')} not evaluated: a hunt looks at one event at a time; the rules it refers to are told one by one`,
    );
  row(
    'not decoded',
    summary.rejected.length === 0 ? '0' : list(summary.rejected.map(({ reason, count }) => [reason, count])),
  );
  for (const { file, why } of summary.unreadable.slice(0, mostFiles))
    print(style.red(`  ${printable(file)} could not be read to its end: ${printable(why)}`));
  if (summary.unreadable.length > mostFiles)
    print(style.red(`  ... and ${summary.unreadable.length - mostFiles} more files`));
  if (summary.empty.length > 0)
    row(
      'no events in',
      summary.empty
        .slice(0, mostFiles)
        .map((file) => printable(file))
        .join(', '),
    );
}

function refusals({ rulesRefused, rulesBelowLevel }: HuntSummary): string {
  const refused = Object.entries(rulesRefused);
  const total = refused.reduce((sum, [, times]) => sum + times, 0);
  const codes = refused.map(([code, times]) => `${code} ${formatCount(times)}`).join(', ');
  return `${total === 0 ? '' : `, ${plural(total, 'error')} (${codes}; ${commandName} rules check tells where)`}${rulesBelowLevel === 0 ? '' : `, ${formatCount(rulesBelowLevel)} below the level`}`;
}

function printRules({ rules }: HuntSummary, style: Style, print: (line: string) => void): void {
  if (rules.length === 0) return;
  print(style.bold('Rules that matched'));
  for (const { id, title, level, author, matches, firstTime, lastTime } of rules.slice(0, mostRules)) {
    print(
      `  ${style.severity(level, level.padEnd(13))} ${formatCount(matches).padStart(7)}  ${printable(title, 90)}`,
    );
    const when = firstTime === undefined ? '' : `  ${firstTime} to ${lastTime ?? firstTime}`;
    const by = author === undefined ? '' : `  by ${printable(author, 60)}`;
    print(style.dim(`                         ${id}${when}${by}`));
  }
  if (rules.length > mostRules)
    print(`  ... and ${formatCount(rules.length - mostRules)} more rules (--json tells all)`);
  print('');
}

function printAttack(
  { tactics, techniques }: HuntSummary,
  style: Style,
  print: (line: string) => void,
): void {
  if (tactics.length + techniques.length === 0) return;
  print(style.bold('MITRE ATT&CK'));
  if (tactics.length > 0)
    print(
      `  ${tactics.map(({ name, matches }) => `${printable(name, 40)} ${formatCount(matches)}`).join(', ')}`,
    );
  for (const { id, name, matches } of techniques.slice(0, mostTechniques))
    print(`  ${id.padEnd(10)} ${formatCount(matches).padStart(7)}${name === null ? '' : `  ${name}`}`);
  if (techniques.length > mostTechniques)
    print(`  ... and ${techniques.length - mostTechniques} more techniques`);
  print('');
}
