import type { LogSource } from '@parapet/event-model';
import { formatCount } from '../terminal/duration.ts';
import { plural } from '../terminal/plural.ts';
import { printable, type Terminal } from '../terminal/terminal.ts';
import type { ExplainReport, SourceReport } from './source-report.ts';

/** Writes a report for people; of long lists the first `top` lines. */
export function printReport(report: ExplainReport, terminal: Terminal, top: number): void {
  const { style } = terminal;
  const dead = report.deadLetters.reduce((sum, { count }) => sum + count, 0);
  terminal.print(
    `${plural(report.events, 'event')} of ${plural(report.files.length, 'file')}: ${plural(report.sources.length, 'source')}, ` +
      `${plural(dead, 'dead letter')}; ${plural(report.rulesLoaded, 'rule')} loaded${report.complete ? '' : ' (stopped at --limit)'}`,
  );
  for (const source of report.sources) printSource(source, report, { terminal, top });
  if (report.deadLetters.length > 0) {
    terminal.print();
    terminal.print(style.bold('dead letters'));
    for (const { reason, count, first } of report.deadLetters) {
      terminal.print(`  ${formatCount(count)} ${reason}, first at ${printable(first.file)}:${first.line}`);
      terminal.print(`    ${style.dim(printable(first.detail))}`);
    }
  }
}

interface Writing {
  readonly terminal: Terminal;
  readonly top: number;
}

function printSource(source: SourceReport, report: ExplainReport, writing: Writing): void {
  const { terminal } = writing;
  const { style } = terminal;
  const share = (count: number): string => percent(count, source.events);
  terminal.print();
  terminal.print(
    `${style.bold(source.source)} (${source.product}): ${plural(source.events, 'event')}, ${percent(source.events, report.events)} of all`,
  );
  for (const { shape, events, because } of source.shapes) {
    const why = because.length === 0 ? 'no other source knows them' : because.join(', ');
    terminal.print(`  ${share(events)} have the shape ${style.bold(shape)}: ${why}`);
  }
  if (source.withoutTime > 0)
    terminal.print(
      style.yellow(
        `  ${share(source.withoutTime)} have no time that could be read: they get the time at which they arrive`,
      ),
    );
  section(writing, 'what they are', {
    rows: source.kinds.map(({ class: name, activity, events, logSources, rules }) => [
      share(events),
      `${name}: ${activity}`,
      `${logSources.map(logSourceText).join(', ')} (${plural(rules, 'rule')})`,
    ]),
  });
  section(writing, 'fields mapped: source field, OCSF attribute, an example', {
    rows: source.mapped.map(({ field, attribute, events, sample }) => [
      share(events),
      field,
      `${attribute} ${style.dim(printable(sample, 60))}`,
    ]),
  });
  section(writing, 'fields that no mapping and no rule uses', {
    rows: source.unused.map(({ path, events, sample }) => [
      share(events),
      printable(path, 80),
      style.dim(printable(sample, 60)),
    ]),
    note: source.unusedIsCut ? 'The events have more fields than are told apart.' : undefined,
  });
  section(
    writing,
    `fields that rules want and these events never have (${plural(source.rules, 'rule')} for them)`,
    {
      rows: source.wanted.map(({ field, rules, example }) => [
        plural(rules, 'rule'),
        field,
        style.dim(`${rules === 1 ? '' : 'such as '}${printable(example, 70)}`),
      ]),
      note:
        source.rulesWithKeywords === 0
          ? undefined
          : `${plural(source.rulesWithKeywords, 'rule')} ${source.rulesWithKeywords === 1 ? 'looks' : 'look'} for keywords in every value.`,
    },
  );
}

function section(
  { terminal, top }: Writing,
  title: string,
  {
    rows,
    note,
  }: { readonly rows: readonly (readonly [string, string, string])[]; readonly note?: string | undefined },
): void {
  if (rows.length === 0 && note === undefined) return;
  terminal.print(`  ${terminal.style.bold(title)}`);
  const shown = rows.slice(0, top);
  const first = Math.max(0, ...shown.map(([cell]) => cell.length));
  const second = Math.min(48, Math.max(0, ...shown.map(([, cell]) => cell.length)));
  for (const [one, two, three] of shown)
    terminal.print(`    ${one.padStart(first)}  ${two.padEnd(second)}  ${three}`.trimEnd());
  if (rows.length > top)
    terminal.print(`    ${terminal.style.dim(`and ${formatCount(rows.length - top)} more (--top, --json)`)}`);
  if (note !== undefined) terminal.print(`    ${note}`);
}

/** `product/category/service` with the parts that are there; `none` where nothing is named. */
export function logSourceText({ product, category, service }: LogSource): string {
  const parts = [product, category, service].filter((part) => part !== undefined);
  return parts.length === 0 ? 'none' : parts.join('/');
}

function percent(part: number, whole: number): string {
  if (part === 0 || part === whole) return part === 0 ? '0 %' : '100 %';
  const share = (100 * part) / whole;
  if (share < 0.1) return '<0.1 %';
  return share > 99.9 ? '>99.9 %' : `${share.toFixed(1)} %`;
}
