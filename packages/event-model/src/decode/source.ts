import { partOf } from '../alias-part.ts';
import { createSourceRows, reserveRow, type SourceRows, setCode } from '../columns/source-rows.ts';
import { createSourceTable, type SourceTable } from '../columns/source-table.ts';
import { createSpans, type Spans, setSpan, valueKind } from '../columns/span-column.ts';
import { createValueDictionary, type ValueDictionary } from '../columns/value-dictionary.ts';
import { type ParsedTime, parseEventTime } from '../event-time.ts';
import type { FieldValue, Scalar } from '../field-value.ts';
import { planProfile } from '../profile-plan.ts';
import type { SourceProfile } from '../source-profile.ts';
import { kindMask, listed, type Tokens } from './event-reader.ts';
import { type TokenSource, tokenKinds, tokenSource } from './json-token.ts';
import type { PathTree } from './path-tree.ts';
import { createRowFields, type RowFields } from './row-fields.ts';
import { objectPenalty, type Part, planShapes, type ShapePlan } from './shape-plan.ts';
import { tokenTime } from './token-time.ts';
import { tokenValue } from './token-value.ts';

/** The values of one event as they were found, by number. */
export interface FoundValues {
  codeOf(item: number, dictionary: ValueDictionary): number;
  valueOf(item: number): FieldValue;
  /** Where the value stands, as a column of spans keeps it: token positions are within the record's value. */
  setSpan(item: number, spans: Spans, row: number): void;
  timeOf(item: number, format: SourceProfile['time'][number]['format']): ParsedTime;
}

/** One source, planned: where its fields are, and the rows that were found of it. */
export interface Source {
  readonly table: SourceTable;
  readonly shapes: readonly ShapePlan[];
  readonly fields: RowFields;
  readonly rows: SourceRows;
  /** False until an event was read with the source's places in the tree. */
  isMet: boolean;
  /** Gives the fields of `fields` the tokens of an event. */
  takeTokens(shape: number, tokens: Tokens, from: TokenSource): void;
  /** The code of a field in the row that is being added. */
  codeOf(field: number): number;
  /** The code of a part of a value in the dictionary of a field. */
  partCode(field: number, part: Part, value: Scalar): number;
}

export function createSource(profile: SourceProfile, wanted: ReadonlySet<string>, tree: PathTree): Source {
  const plan = planProfile(profile, wanted);
  const shapes = planShapes(profile, plan.fields, tree);
  const fixed = new Set(plan.deciding.map(({ field }) => field));
  for (const shape of shapes) for (const field of shape.parted) fixed.add(field);
  const table = createSourceTable(plan, fixed);
  const fields = createRowFields(plan.fields.length);
  const memos = new Map<Part, PartMemo>();

  const partCode = (field: number, part: Part, value: Scalar): number => {
    const taken = partOf(value, part);
    return taken === undefined ? 0 : table.dictionary(field).codeOf(taken);
  };
  const partOfToken = (field: number, part: Part, from: TokenSource, token: Token): number => {
    let memo = memos.get(part);
    if (memo === undefined || memo.raw.bytes > maxPartMemoBytes) {
      memo = { raw: createValueDictionary(), parts: [] };
      memos.set(part, memo);
    }
    const code = memo.raw.codeOfToken(from, token.kind & kindMask, token.start, token.end);
    let taken = memo.parts[code];
    if (taken === undefined) {
      const value = memo.raw.valueOf(code);
      taken = partOf(typeof value === 'object' ? null : value, part) ?? noPart;
      memo.parts[code] = taken;
    }
    return taken === noPart ? 0 : table.dictionary(field).codeOf(taken as string);
  };

  const source: Source = {
    table,
    shapes,
    fields,
    isMet: false,
    rows: createSourceRows(plan.fields.length),
    codeOf: (field) => (fields.has(field) ? (source.rows.codes[field]?.[source.rows.length] ?? 0) : 0),
    partCode,
    takeTokens(shape, tokens, from) {
      const plan = shapes[shape] as ShapePlan;
      const { single } = plan;
      const { nodes, kinds, starts, ends, count } = tokens;
      for (let item = 0; item < count; item += 1) {
        const node = nodes[item] as number;
        const target = node < single.length ? (single[node] as number) : -1;
        if (target === -1) continue;
        const kind = kinds[item] as number;
        const isListed = (kind & listed) !== 0;
        const isObject = (kind & kindMask) === tokenKinds.object;
        if (target >= 0) {
          const rank = (target & 255) + (isObject ? objectPenalty : 0);
          fields.set(target >> 8, rank, item, isListed);
          continue;
        }
        const token = { kind, start: starts[item] as number, end: ends[item] as number };
        plan.take(fields, node, {
          item,
          isListed,
          isObject,
          partOf: (field, part) => partOfToken(field, part, from, token),
        });
      }
    },
  };
  return source;
}

interface Token {
  readonly kind: number;
  readonly start: number;
  readonly end: number;
}

/** What was cut out of each distinct text. */
interface PartMemo {
  readonly raw: ValueDictionary;
  readonly parts: (string | typeof noPart | undefined)[];
}

const noPart = Symbol('no such part');
const maxPartMemoBytes = 2 * 1024 * 1024;

export interface TokenValues extends FoundValues {
  source: TokenSource;
  /** Where the record's value starts in the source. */
  base: number;
}

/** The tokens of the event read last as values. */
export function tokenValues(tokens: Tokens): TokenValues {
  const found: TokenValues = {
    source: tokenSource(new Uint8Array(0)),
    base: 0,
    codeOf: (item, dictionary) =>
      dictionary.codeOfToken(
        found.source,
        (tokens.kinds[item] as number) & kindMask,
        tokens.starts[item] as number,
        tokens.ends[item] as number,
      ),
    valueOf: (item) =>
      tokenValue(
        found.source.bytes,
        (tokens.kinds[item] as number) & kindMask,
        tokens.starts[item] as number,
        tokens.ends[item] as number,
      ),
    setSpan(item, spans, row) {
      const start = (tokens.starts[item] as number) - found.base;
      const end = (tokens.ends[item] as number) - found.base;
      setSpan(spans, row, (tokens.kinds[item] as number) & kindMask, start, end);
    },
    timeOf: (item, format) =>
      tokenTime(
        found.source,
        (tokens.kinds[item] as number) & kindMask,
        tokens.starts[item] as number,
        tokens.ends[item] as number,
        format,
      ),
  };
  return found;
}

/** Values of a parsed event. */
export function parsedValues(values: readonly Scalar[]): FoundValues {
  const valueAt = (item: number): Scalar => values[item] as Scalar;
  return {
    valueOf: valueAt,
    codeOf: (item, dictionary) => dictionary.codeOf(valueAt(item)),
    setSpan: (item, spans, row) => setValue(spans, row, valueAt(item)),
    timeOf: (item, format) => parseEventTime(valueAt(item), format),
  };
}

/** What a row says of its event beside the fields. */
export interface RowPlace {
  /** Index into `SourceRows.records`. */
  record: number;
  line: number;
  place: number;
  start: number;
  end: number;
  shape: number;
  time: number;
  receivedTime: number;
  idTime: number;
}

/** The event's time by the profile's clock fields: `outside` with the field's name when it cannot be kept. */
export function eventTime(
  { table, fields }: Source,
  found: FoundValues,
): number | undefined | { readonly outside: string } {
  const clocks = table.plan.time;
  for (let index = 0; index < clocks.length; index += 1) {
    const { field, format } = clocks[index] as (typeof clocks)[number];
    if (!fields.has(field)) continue;
    const item = (fields.isList(field) ? fields.listOf(field)[0] : fields.items[field]) ?? 0;
    const time =
      item < 0 ? parseEventTime(table.dictionary(field).valueOf(-item), format) : found.timeOf(item, format);
    if (time === 'outside') return { outside: table.plan.fields[field] ?? '' };
    if (time !== undefined) return time;
  }
  return undefined;
}

/** Adds the event whose fields are in `fields` as a row. */
export function addRow(source: Source, found: FoundValues, at: RowPlace): void {
  const { table, fields, rows } = source;
  const { clockOnly } = table.plan;
  reserveRow(rows);
  const row = rows.length;
  for (let index = 0; index < fields.touchedCount; index += 1) {
    const field = fields.touched[index] as number;
    if (clockOnly.has(field)) continue;
    if (table.spanned[field] === 1) spanField(field, source, found);
    else setCode(rows, field, codeOfField(field, source, found));
  }
  rows.recordOf[row] = at.record;
  rows.lines[row] = at.line;
  rows.places[row] = at.place;
  rows.starts[row] = at.start;
  rows.ends[row] = at.end;
  rows.shapes[row] = at.shape;
  rows.times[row] = at.time;
  rows.receivedTimes[row] = at.receivedTime;
  rows.idTimes[row] = at.idTime;
  rows.kinds[row] = table.kindOf(source.codeOf);
  rows.length = row + 1;
}

function spanField(field: number, { fields, rows }: Source, found: FoundValues): void {
  let spans = rows.spans[field];
  if (spans === undefined) {
    spans = createSpans();
    rows.spans[field] = spans;
  }
  rows.present[field] = 1;
  if (!fields.isList(field)) found.setSpan(fields.items[field] as number, spans, rows.length);
  else
    setValue(
      spans,
      rows.length,
      fields.listOf(field).map((item) => found.valueOf(item) as Scalar),
    );
}

function setValue(spans: Spans, row: number, value: FieldValue): void {
  setSpan(spans, row, valueKind, spans.values.push(value) - 1, 0);
}

function codeOfField(field: number, { table, fields }: Source, found: FoundValues): number {
  const dictionary = table.dictionary(field);
  if (fields.isList(field)) {
    const values = fields
      .listOf(field)
      .map((item) => (item < 0 ? dictionary.valueOf(-item) : found.valueOf(item)) as Scalar);
    return dictionary.codeOf(values);
  }
  const item = fields.items[field] as number;
  return item < 0 ? -item : found.codeOf(item, dictionary);
}
