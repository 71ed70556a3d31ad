import type { FieldValue } from '../field-value.ts';
import type { PlannedSource } from '../profile-plan.ts';
import type { CodePool } from './code-pool.ts';
import { createCopiedAttributes } from './copied-attribute.ts';
import type { Column } from './event-batch.ts';
import type { PlannedAttributes, PlannedRows } from './planned-attributes.ts';
import { createSpanOrigins, type SpanOrigins } from './span-attribute.ts';
import type { SpanDictionary } from './span-dictionary.ts';
import { createValueDictionary, foreign, type ValueDictionary } from './value-dictionary.ts';

/**
 * The OCSF attributes of one source: a dictionary per attribute, and which code of it each code of a field became. A field's
 * value is mapped once, however often it comes.
 */
export interface AttributeTable {
  bytes(): number;
  /** The column of an attribute over the rows of a batch; undefined when no row has it. */
  column(path: string, rows: AttributeRows): Column | undefined;
  /** Replaces the dictionaries that have outgrown `maxBytes`; columns made before keep theirs. */
  startGeneration(maxBytes: number, isCurrent: (field: number, dictionary: ValueDictionary) => boolean): void;
  forget(): void;
}

export interface AttributeRows {
  readonly length: number;
  /** Row numbers by kind. */
  readonly byKind: readonly Uint32Array[];
  /** Of the kinds that have rows. */
  readonly planned: PlannedAttributes;
  field(number: number): OwnColumn | undefined;
}

/** A field's column: codes of a dictionary, or spans of the rows (codes are row numbers plus one). */
export type OwnColumn =
  | { readonly dictionary: ValueDictionary; readonly codes: Uint32Array }
  | { readonly spans: SpanDictionary; readonly codes: Uint32Array };

/** Codes of the attribute by codes of the field: 0 is "not asked yet", 1 "yields nothing", else the code + 1. */
interface Mapping {
  from: ValueDictionary;
  to: ValueDictionary;
  codes: Uint32Array;
}

type FieldSource = Extract<PlannedSource, { kind: 'field' }>;

/** A source of an attribute, and the rows of a kind that have it from there unless they have it already. */
interface Work {
  readonly source: PlannedSource;
  readonly kind: number;
  readonly own: Uint32Array;
}

const nothing: readonly PlannedRows[] = [];

export function createAttributeTable(pool: CodePool): AttributeTable {
  const dictionaries = new Map<string, ValueDictionary>();
  const mappings = new Map<FieldSource, Mapping>();
  const copies = createCopiedAttributes(pool);

  const dictionaryOf = (path: string): ValueDictionary => {
    let dictionary = dictionaries.get(path);
    if (dictionary === undefined) {
      dictionary = createValueDictionary();
      dictionaries.set(path, dictionary);
    }
    return dictionary;
  };
  /** Which codes the field's codes became; begins anew when either dictionary was replaced. */
  const mappingOf = (source: FieldSource, from: ValueDictionary, to: ValueDictionary): Mapping => {
    let mapping = mappings.get(source);
    if (mapping === undefined || mapping.from !== from || mapping.to !== to) {
      mapping = { from, to, codes: new Uint32Array(from.size) };
      mappings.set(source, mapping);
    }
    if (mapping.codes.length < from.size) {
      const grown = new Uint32Array(Math.max(from.size, mapping.codes.length * 2));
      grown.set(mapping.codes);
      mapping.codes = grown;
    }
    return mapping;
  };
  /** Gives the rows that have no value yet the one of this source. Returns whether a row got one. */
  const fill = (
    source: PlannedSource,
    target: { readonly dictionary: ValueDictionary; readonly codes: Uint32Array },
    rows: Uint32Array,
    { field }: AttributeRows,
  ): boolean => {
    const { dictionary, codes } = target;
    let filled = false;
    if (source.kind === 'constant') {
      const code = dictionary.codeOf(source.value);
      for (let index = 0; index < rows.length; index += 1) {
        const row = rows[index] as number;
        if (codes[row] === 0) codes[row] = code;
      }
      return rows.length > 0;
    }
    if (source.kind === 'joined') {
      const columns = source.fields.flatMap((number) => field(number) ?? []);
      for (const row of rows) {
        const code = codes[row] === 0 ? joinedCode(columns, row, dictionary) : 0;
        if (code !== 0) {
          codes[row] = code;
          filled = true;
        }
      }
      return filled;
    }
    const column = field(source.field);
    if (column === undefined || !('dictionary' in column)) return false;
    const from = column.codes;
    const known = mappingOf(source, column.dictionary, dictionary).codes;
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] as number;
      const code = from[row] as number;
      if (code === 0 || codes[row] !== 0) continue;
      let mapped = known[code] as number;
      if (mapped === 0) {
        mapped = mapCode(source, column.dictionary, code, dictionary) + 1;
        known[code] = mapped;
      }
      if (mapped === 1) continue;
      codes[row] = mapped - 1;
      filled = true;
    }
    return filled;
  };

  /** What can give rows of the batch the attribute, in order. */
  const workFor = (path: string, { byKind, planned, field }: AttributeRows): readonly Work[] => {
    const work: Work[] = [];
    for (const { kind, source } of planned.sources.get(path) ?? nothing) {
      if (source.kind === 'field' && field(source.field) === undefined) continue;
      work.push({ source, kind, own: byKind[kind] as Uint32Array });
    }
    return work;
  };
  const filledColumn = (path: string, work: readonly Work[], rows: AttributeRows): Column | undefined => {
    const target = { dictionary: dictionaryOf(path), codes: pool.take(rows.length) };
    let spans: SpanOrigins | undefined;
    let isThere = false;
    for (const { source, own } of work) {
      const column = source.kind === 'field' ? rows.field(source.field) : undefined;
      let filled: boolean;
      if (source.kind === 'field' && column !== undefined && 'spans' in column) {
        spans ??= createSpanOrigins(rows.length);
        filled = spans.fill(source, column, target.codes, own);
      } else filled = fill(source, target, own, rows);
      if (filled) isThere = true;
    }
    if (!isThere) return undefined;
    return spans === undefined ? target : spans.column(target);
  };

  return {
    bytes() {
      let bytes = 0;
      for (const dictionary of dictionaries.values()) bytes += dictionary.bytes;
      for (const { codes } of mappings.values()) bytes += codes.byteLength;
      return bytes + copies.bytes();
    },
    column(path, rows) {
      const work = workFor(path, rows);
      const only = soleSource(work);
      if (only?.kind === 'constant' && isOfAll(work, rows.length)) {
        const dictionary = dictionaryOf(path);
        return { dictionary, codes: pool.uniform(dictionary.codeOf(only.value), rows.length) };
      }
      if (only?.kind === 'field' && only.copies !== undefined) {
        const field = rows.field(only.field) as OwnColumn;
        const column = copies.column(
          only,
          only.copies,
          field,
          work.map(({ own }) => own),
        );
        if (column !== undefined || !('spans' in field)) return column;
      }
      return work.length === 0 ? undefined : filledColumn(path, work, rows);
    },
    startGeneration(maxBytes, isCurrent) {
      for (const [path, dictionary] of dictionaries) {
        if (dictionary.bytes > maxBytes) dictionaries.delete(path);
      }
      const inUse = new Set(dictionaries.values());
      for (const [source, { from, to, codes }] of mappings) {
        // A mapping must not keep a dictionary that was given up.
        const isKept = inUse.has(to) && isCurrent(source.field, from);
        if (!isKept || codes.byteLength > maxBytes) mappings.delete(source);
      }
      copies.startGeneration(isCurrent);
    },
    forget() {
      dictionaries.clear();
      mappings.clear();
      copies.forget();
    },
  };
}

/** The one source that all work is of, where each kind has no other. */
function soleSource(work: readonly Work[]): PlannedSource | undefined {
  const [first] = work;
  if (first === undefined) return undefined;
  for (let index = 1; index < work.length; index += 1) {
    const { source, kind } = work[index] as Work;
    if (source !== first.source || kind === work[index - 1]?.kind) return undefined;
  }
  return first.source;
}

const isOfAll = (work: readonly Work[], rows: number): boolean =>
  work.reduce((sum, { own }) => sum + own.length, 0) === rows;

/** The attribute's code for a field's code, 0 when the value yields nothing. */
function mapCode(source: FieldSource, from: ValueDictionary, code: number, to: ValueDictionary): number {
  if (source.copies !== undefined) {
    const copied = from.copyTo(to, code, source.copies);
    if (copied !== foreign) return copied;
  }
  const value: FieldValue | undefined = source.map(from.valueOf(code));
  return value === undefined || value === null ? 0 : to.codeOf(value);
}

function joinedCode(columns: readonly OwnColumn[], row: number, dictionary: ValueDictionary): number {
  const words: string[] = [];
  for (const column of columns) {
    const code = column.codes[row] ?? 0;
    const values = 'dictionary' in column ? column.dictionary : column.spans;
    if (code !== 0) words.push(String(values.valueOf(code)));
  }
  return words.length === 0 ? 0 : dictionary.codeOf(words.join(' '));
}
