import type { RiskAttributes } from '@parapet/detection';
import { type Enrichment, flattenedAnswers, toOcsfEnrichments } from '@parapet/enrichment';
import {
  assetNamesOf,
  boundedText,
  type Column,
  type EventBatch,
  entitiesOf,
  type FieldValue,
} from '@parapet/event-model';
import type { LakeRow } from '@parapet/lake';

const decoder = new TextDecoder();
const maxText = 32_768;

interface NamedColumn extends Column {
  readonly path: string;
}

/** What is known of the batch's events beside what they say themselves. */
export interface RowKnowledge {
  /** Ids of the rules that matched an event. */
  readonly rulesOf: (row: number) => readonly string[];
  /** An event's risk; see `toRiskAttributes`. */
  readonly riskOf?: (row: number) => RiskAttributes | undefined;
  readonly enrichment?: Enrichment | undefined;
}

/**
 * The batch's events as rows of the lake. What enrichment added is there twice: as attributes to search by, and as OCSF
 * `enrichments` (JSON) that say where each came from and when.
 */
export function toLakeRows(batch: EventBatch, knowledge: RowKnowledge): LakeRow[] {
  const columns: NamedColumn[] = batch.attributePaths().flatMap((path) => {
    const column = batch.attribute(path);
    return column ? [{ path, dictionary: column.dictionary, codes: column.codes }] : [];
  });
  const of = { columns, knowledge, entitiesAt: entitiesOf(batch) };
  return Array.from({ length: batch.length }, (_, row) => toLakeRow(batch, row, of));
}

interface RowParts {
  readonly columns: readonly NamedColumn[];
  readonly knowledge: RowKnowledge;
  readonly entitiesAt: ReturnType<typeof entitiesOf>;
}

function toLakeRow(batch: EventBatch, row: number, { columns, knowledge, entitiesAt }: RowParts): LakeRow {
  const rules = knowledge.rulesOf(row);
  const risk = knowledge.riskOf?.(row);
  const entities = entitiesAt(row);
  const attributes: Record<string, FieldValue> = {};
  for (const { path, codes, dictionary } of columns) {
    const code = codes[row] ?? 0;
    if (code !== 0) attributes[path] = dictionary.valueOf(code);
  }
  const port = attributes['dst_endpoint.port'];
  const raw = decoder.decode(batch.raw(row));
  const commandLine = textOf(attributes, ['process.cmd_line', 'actor.process.cmd_line']);
  return {
    id: batch.id(row),
    time: at(batch.times, row),
    receivedAt: at(batch.receivedTimes, row),
    ...batch.origin(row),
    source: batch.source,
    product: batch.logSources[batch.routes[row] ?? 0]?.find(({ product }) => product !== undefined)?.product,
    className: textOf(attributes, ['class_name']),
    activity: textOf(attributes, ['activity_name']),
    severity: textOf(attributes, ['severity']),
    host: entities.host,
    user: entities.user,
    sourceAddress: entities.sourceAddress,
    destinationAddress: entities.destinationAddress,
    destinationPort: typeof port === 'number' ? port : undefined,
    process: entities.process,
    commandLine,
    action: textOf(attributes, ['api.operation', 'action', 'http_request.http_method', 'disposition']),
    outcome: textOf(attributes, ['status']),
    account: entities.account,
    riskScore: risk?.risk_score,
    message: isPlain(raw) ? summaryOf(attributes) : everythingOf(attributes),
    assets: assetNamesOf(batch, row).map(({ handle }) => handle),
    rules,
    file: batch.files()[row],
    fileLine: batch.lines()[row],
    attributes: { ...addedBy(knowledge.enrichment, row, attributes), ...attributes, ...risk },
    raw,
  };
}

/** What enrichment says of an event, without what the event says itself. */
function addedBy(
  enrichment: Enrichment | undefined,
  row: number,
  own: Readonly<Record<string, FieldValue>>,
): Record<string, FieldValue> {
  if (enrichment === undefined) return {};
  const answers = toOcsfEnrichments(enrichment, row);
  if (answers.length === 0) return {};
  const added = Object.entries(flattenedAnswers(enrichment, row)).filter(
    ([path]) => !Object.hasOwn(own, path),
  );
  return { ...Object.fromEntries(added), enrichments: JSON.stringify(answers) };
}

/** What a person reads first, in this order. */
const summaryPaths = [
  'class_name',
  'activity_name',
  'message',
  'process.cmd_line',
  'file.path',
  'reg_key.path',
  'module.file.path',
  'query.hostname',
  'http_request.url.path',
  'api.operation',
] as const;

function summaryOf(attributes: Readonly<Record<string, FieldValue>>): string {
  const parts: string[] = [];
  for (const path of summaryPaths) {
    const text = textOf(attributes, [path]);
    if (text !== undefined) parts.push(text);
  }
  return boundedText(parts.join(' '), maxText);
}

/**
 * Text searches also look at the raw event, where most texts are written as they read. Not so when its JSON has escapes
 * by code point, or slashes escaped: then the message holds every text of the event.
 */
const isPlain = (raw: string): boolean => !(raw.includes('\\u') || raw.includes('\\/'));

function everythingOf(attributes: Readonly<Record<string, FieldValue>>): string {
  const parts = new Set<string>();
  let length = 0;
  for (const value of Object.values(attributes)) {
    for (const scalar of Array.isArray(value) ? value : [value]) {
      if (typeof scalar !== 'string' || scalar === '' || parts.has(scalar)) continue;
      parts.add(scalar);
      length += scalar.length + 1;
      if (length > maxText) return boundedText([...parts].join(' '), maxText);
    }
  }
  return boundedText([...parts].join(' '), maxText);
}

function textOf(
  attributes: Readonly<Record<string, FieldValue>>,
  paths: readonly string[],
): string | undefined {
  for (const path of paths) {
    const value = attributes[path];
    const scalar = Array.isArray(value) ? value[0] : value;
    if (scalar !== undefined && scalar !== null && scalar !== '') return boundedText(String(scalar), maxText);
  }
  return undefined;
}

const at = (values: Float64Array, row: number): number => values[row] ?? 0;
