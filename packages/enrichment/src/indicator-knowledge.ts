import { z } from 'zod';
import { createIndicatorSet, type IndicatorDetails, type IndicatorSet } from './indicator-set.ts';
import type { Knowledge } from './provider.ts';
import type { Row } from './record-limits.ts';
import { isRecord, linesOf, parseJson, parseRecords, type RecordFormat, visitAll } from './records.ts';
import { stixIndicators } from './stix.ts';

export const indicatorFormats = [
  'list',
  'csv',
  'ndjson',
  'json',
  'yaml',
  'stix',
  'misp-warninglist',
] as const;
export type IndicatorFormat = (typeof indicatorFormats)[number];

/** Which columns of a record say what; a column that the record does not have is absent. */
export const IndicatorColumns = z.strictObject({
  indicator: z.string().default('indicator'),
  /** A type in any usual spelling. Only `hostname` changes anything: the name then stands for itself alone. */
  type: z.string().default('type'),
  threat: z.string().default('threat'),
  confidence: z.string().default('confidence'),
  valid_from: z.string().default('valid_from'),
  valid_until: z.string().default('valid_until'),
  description: z.string().default('description'),
});

export interface IndicatorOptions {
  readonly provider: string;
  readonly list: string;
  readonly asOf: number;
  readonly text: string;
  readonly format: IndicatorFormat;
  /** Names of CSV columns where the file has no header. */
  readonly header?: readonly string[] | undefined;
  readonly columns: z.infer<typeof IndicatorColumns>;
  /** For indicators that do not say it themselves. */
  readonly threat?: string | undefined;
  readonly confidence?: number | undefined;
}

/** @throws Error with a sentence for people when nothing of the file can be used */
export async function createIndicatorKnowledge(options: IndicatorOptions): Promise<Knowledge> {
  const { format, text, threat, confidence } = options;
  const set = createIndicatorSet(options);
  const defaults: IndicatorDetails = { threat, confidence };
  let added = 0;
  let rejected = 0;
  const count = (isAdded: boolean): void => {
    if (isAdded) added += 1;
    else rejected += 1;
  };

  if (format === 'list') {
    await visitAll(linesOf(text), (raw) => {
      const indicator = indicatorOf(raw.trim());
      if (indicator !== '') count(set.add(indicator, defaults));
    });
  } else if (format === 'stix') {
    await visitAll(stixIndicators(parseJson(text)), (found) => {
      if (found === undefined) return count(false);
      const details = {
        ...found.details,
        threat: found.details.threat ?? threat,
        confidence: found.details.confidence ?? confidence,
      };
      for (const { text: indicator, as } of found.texts) count(set.add(indicator, details, as));
    });
  } else if (format === 'misp-warninglist') {
    await addWarningList(parseJson(text), (indicator, as) => count(set.add(indicator, defaults, as)));
  } else {
    await addRecords(parseRecords(text, format satisfies RecordFormat, options.header), {
      set,
      options,
      count,
    });
  }
  if (added === 0 && rejected > 0)
    throw new Error(
      `None of the ${rejected} entries of the file is an indicator; is its format really ${format}?`,
    );
  return set.knowledge(rejected);
}

/** The indicator of a line: what stands before a blank or a comment. */
function indicatorOf(line: string): string {
  if (line.startsWith('//')) return '';
  const end = line.search(/[\s#;,]/);
  if (end === -1) return line;
  // Hosts files name the address that a bad name is sent to before the name itself.
  const sunk = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+([^\s#]+)/.exec(line)?.[1];
  return sunk ?? line.slice(0, end);
}

async function addRecords(
  rows: Iterable<Row>,
  {
    set,
    options,
    count,
  }: { set: IndicatorSet; options: IndicatorOptions; count: (isAdded: boolean) => void },
): Promise<void> {
  const { columns } = options;
  await visitAll(rows, (row) => {
    const cell = (column: string): string | undefined => {
      const value = row?.[column];
      const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
      return text === '' ? undefined : text;
    };
    const indicator = cell(columns.indicator);
    if (indicator === undefined) return count(false);
    const confidence = Number(cell(columns.confidence) ?? Number.NaN);
    const details: IndicatorDetails = {
      threat: (cell(columns.threat) ?? options.threat)?.slice(0, 256),
      confidence: confidence >= 0 && confidence <= 100 ? confidence : options.confidence,
      validFrom: timeOf(cell(columns.valid_from)),
      validUntil: timeOf(cell(columns.valid_until)),
      description: cell(columns.description)?.slice(0, 256),
    };
    const type = cell(columns.type)?.toLowerCase();
    const as =
      type === 'hostname' || type === 'host'
        ? 'hostname'
        : type === 'url' || type === 'uri'
          ? 'url'
          : undefined;
    count(set.add(indicator, details, as));
  });
}

/** A MISP warninglist: `hostname` entries hold for names that end with them, `string` and `cidr` entries for themselves. */
async function addWarningList(
  list: unknown,
  add: (indicator: string, as: 'domain' | 'hostname') => void,
): Promise<void> {
  if (!isRecord(list) || !Array.isArray(list['list']))
    throw new Error('The file is no MISP warninglist: it has no list.');
  const { type } = list;
  if (type !== 'cidr' && type !== 'hostname' && type !== 'string')
    throw new Error(
      `MISP warninglists of the type ${String(type)} are not supported; cidr, hostname and string are.`,
    );
  await visitAll(list['list'], (entry) => {
    add(typeof entry === 'string' ? entry : '', type === 'hostname' ? 'domain' : 'hostname');
  });
}

/** Epoch milliseconds of a date, a date and time (UTC unless it says otherwise), or epoch seconds. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{9,10}$/.test(text)) return Number(text) * 1000;
  const plain = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)(?: UTC)?$/.exec(text);
  const time = Date.parse(plain === null ? text : `${plain[1]}T${plain[2]}Z`);
  return Number.isNaN(time) ? undefined : time;
}
