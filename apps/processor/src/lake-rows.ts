import {
  assetNamesOf,
  boundedText,
  type EventBatch,
  entitiesOf,
  type FieldValue,
} from '@parapet/event-model';
import type { LakeRow } from '@parapet/lake';

const decoder = new TextDecoder();
const maxText = 32_768;

/** The batch's events as rows of the lake. `rulesOf` gives the ids of the rules that matched an event. */
export function toLakeRows(batch: EventBatch, rulesOf: (row: number) => readonly string[]): LakeRow[] {
  const paths = batch.attributePaths;
  return Array.from({ length: batch.length }, (_, row) =>
    toLakeRow(batch, row, { paths, rules: rulesOf(row) }),
  );
}

function toLakeRow(
  batch: EventBatch,
  row: number,
  { paths, rules }: { readonly paths: readonly string[]; readonly rules: readonly string[] },
): LakeRow {
  const origin = batch.origin(row);
  const entities = entitiesOf(batch, row);
  const attributes: Record<string, FieldValue> = {};
  for (const path of paths) {
    const value = batch.attributeValue(row, path);
    if (value !== undefined) attributes[path] = value;
  }
  const text = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = attributes[name];
      const scalar = Array.isArray(value) ? value[0] : value;
      if (scalar !== undefined && scalar !== null && scalar !== '')
        return boundedText(String(scalar), maxText);
    }
    return undefined;
  };
  const port = attributes['dst_endpoint.port'];
  return {
    id: batch.id(row),
    time: at(batch.times, row),
    receivedAt: at(batch.receivedTimes, row),
    ...origin,
    source: batch.source,
    product: batch.logSources[batch.routes[row] ?? 0]?.find(({ product }) => product !== undefined)?.product,
    className: text('class_name'),
    activity: text('activity_name'),
    severity: text('severity'),
    host: entities.host,
    user: entities.user,
    sourceAddress: entities.sourceAddress,
    destinationAddress: entities.destinationAddress,
    destinationPort: typeof port === 'number' ? port : undefined,
    process: entities.process,
    commandLine: text('process.cmd_line', 'actor.process.cmd_line'),
    action: text('api.operation', 'action', 'http_request.http_method', 'disposition'),
    outcome: text('status'),
    account: entities.account,
    message: toMessage(attributes),
    assets: assetNamesOf(batch, row).map(({ handle }) => handle),
    rules,
    file: batch.files[row],
    fileLine: batch.lines[row],
    attributes,
    raw: decoder.decode(batch.raw(row)),
  };
}

/** The texts of the event, as they read without JSON's escapes: what people type into a search. */
function toMessage(attributes: Readonly<Record<string, FieldValue>>): string {
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

const at = (values: Float64Array, row: number): number => values[row] ?? 0;
