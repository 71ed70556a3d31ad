import { isUtf8 } from 'node:buffer';
import type { DeadLetterReason, Decoder, RawRecord, RejectedLine } from './decoder.ts';
import type { EventBatch } from './event-batch.ts';
import { latestTime, parseEventTime } from './event-time.ts';
import { createFieldTrie, createRowValues, type FieldTrie, type RowValues } from './field-trie.ts';
import { parseEvent } from './parse-event.ts';
import { planProfile } from './profile-plan.ts';
import { sourceProfiles } from './profiles/source-profiles.ts';
import { createSourceRecognizer, type RecognizedSource } from './recognize-source.ts';
import { createSourceBatch } from './source-batch.ts';
import type { SourceProfile } from './source-profile.ts';
import { createSourceTable, type SourceRows, type SourceTable } from './source-table.ts';
import { type Segment, splitRecord } from './split-record.ts';

export interface DecoderLimits {
  /** Bytes of one event. @default 1 MiB */
  readonly maxEventBytes: number;
  /** Levels of nesting of one event. @default 64 */
  readonly maxDepth: number;
  /** Events in one record. @default 10,000 */
  readonly maxLines: number;
  /** Estimated heap of one field's distinct values before they are forgotten. @default 8 MiB */
  readonly maxDictionaryBytes: number;
  /** Estimated heap of all distinct values together. @default 192 MiB */
  readonly maxTotalDictionaryBytes: number;
}

export interface DecoderOptions {
  /** Tried in order. @default sourceProfiles */
  readonly profiles?: readonly SourceProfile[];
  /** Names of the fields that rules read; other fields stay reachable, but slowly. */
  readonly fields: ReadonlySet<string>;
  readonly limits?: Partial<DecoderLimits>;
  /** The clock for records that carry no time of their own. @default Date.now */
  readonly now?: () => number;
  /** Profile ids by Kafka topic id: what arrives there is of that source. The header `parapet-source` of a record wins. */
  readonly sourceByTopic?: Readonly<Record<string, string>>;
}

const defaultLimits: DecoderLimits = {
  maxEventBytes: 1024 * 1024,
  maxDepth: 64,
  maxLines: 10_000,
  maxDictionaryBytes: 8 * 1024 * 1024,
  maxTotalDictionaryBytes: 192 * 1024 * 1024,
};

interface Source {
  readonly table: SourceTable;
  readonly tries: readonly FieldTrie[];
  readonly values: RowValues;
  rows: SourceRows;
}

type Taken = { readonly reason: DeadLetterReason; readonly detail: string } | undefined;

/**
 * A decoder over JSON records (see `splitRecord` for the forms a record may have). It keeps dictionaries between calls
 * and nothing else: the batches it returned stay as they are when it decodes again. Not shared between threads.
 */
export function createDecoder(options: DecoderOptions): Decoder {
  const profiles = options.profiles ?? sourceProfiles;
  const limits = { ...defaultLimits, ...options.limits };
  const now = options.now ?? Date.now;
  const recognizer = createSourceRecognizer(profiles);
  const profileNumbers = new Map(profiles.map((profile, number) => [profile.id, number]));
  const byTopic = new Map(Object.entries(options.sourceByTopic ?? {}));
  const sources: (Source | undefined)[] = [];

  const sourceOf = (number: number): Source => {
    const known = sources[number];
    if (known !== undefined) return known;
    const profile = profiles[number] as SourceProfile;
    const plan = planProfile(profile, options.fields);
    const source = {
      table: createSourceTable(plan),
      tries: profile.shapes.map((shape) => createFieldTrie(shape, plan.fields)),
      values: createRowValues(plan.fields.length),
      rows: createRows(),
    };
    sources[number] = source;
    return source;
  };

  const recognize = (record: RawRecord, event: object): RecognizedSource | string => {
    const named = headerOf(record, 'parapet-source') ?? byTopic.get(record.topicId);
    if (named !== undefined && named !== '') {
      const profile = profileNumbers.get(named);
      if (profile === undefined) return `No source profile is called "${named.slice(0, 100)}".`;
      return { profile, shape: recognizer.shapeWithin(profile, event) };
    }
    return recognizer.recognize(event) ?? 'No source profile knows this event.';
  };

  const take = (record: RawRecord, segment: Segment, line: number): Taken => {
    const bytes = (record.value as Uint8Array).subarray(segment.start, segment.end);
    const parsed = parseEvent(bytes);
    if (parsed.event === undefined) return parsed;
    const recognized = recognize(record, parsed.event);
    if (typeof recognized === 'string') return { reason: 'unknown_source', detail: recognized };
    const source = sourceOf(recognized.profile);
    const { values } = source;
    source.tries[recognized.shape]?.read(parsed.event, values);
    try {
      return addRow(source, { record, segment, line, shape: recognized.shape, now });
    } finally {
      values.clear();
    }
  };

  return {
    decode(records) {
      // A call that failed half-way must not leave rows to the next one.
      for (const source of sources) if (source !== undefined) source.rows = createRows();
      startBatch(sources, limits);
      const rejected: RejectedLine[] = [];
      for (const record of records) {
        const segments = record.value === null ? [] : splitRecord(record.value, limits);
        if (segments.length === 0) {
          const detail = 'The record holds no event: it is empty, blank or an empty list.';
          rejected.push({
            record,
            line: 0,
            reason: 'empty_record',
            detail,
            bytes: record.value ?? new Uint8Array(),
          });
        }
        for (const [line, segment] of segments.entries()) {
          const bytes = (record.value as Uint8Array).subarray(segment.start, segment.end);
          const refused = refusalOf(segment, bytes) ?? take(record, segment, line);
          if (refused === undefined) continue;
          rejected.push({ record, line, reason: refused.reason, detail: refused.detail, bytes });
        }
      }
      const batches: EventBatch[] = [];
      for (const source of sources) {
        if (source === undefined || source.rows.length === 0) continue;
        batches.push(createSourceBatch(source.table, finish(source.rows)));
      }
      return { batches, rejected };
    },
  };
}

function refusalOf({ reason, detail }: Segment, bytes: Uint8Array): Taken {
  if (reason === undefined) return undefined;
  if (reason === 'invalid_json' && !isUtf8(bytes)) {
    return { reason: 'invalid_utf8', detail: `These ${bytes.length} bytes are not UTF-8 text.` };
  }
  return { reason, detail };
}

interface NewRow {
  readonly record: RawRecord;
  readonly segment: Segment;
  readonly line: number;
  readonly shape: number;
  readonly now: () => number;
}

function addRow(source: Source, { record, segment, line, shape, now }: NewRow): Taken {
  const { table, values, rows } = source;
  const { plan } = table;
  const stamped = record.timestamp >= 0 && record.timestamp <= latestTime ? record.timestamp : undefined;
  const receivedTime = stamped ?? now();
  let time: number | undefined;
  for (const { field, format } of plan.time) {
    const value = values.valueOf(field);
    const parsed = value === undefined ? undefined : parseEventTime(value, format);
    if (parsed === 'outside') {
      const detail = `The time in ${plan.fields[field]} is outside 1970-01-01 to 2262-04-11.`;
      return { reason: 'invalid_time', detail };
    }
    if (parsed === undefined) continue;
    time = parsed;
    break;
  }
  const row = rows.length;
  for (const field of values.touched) {
    const value = values.valueOf(field);
    if (value === undefined || plan.clockOnly.has(field)) continue;
    codesFor(rows, field, row)[row] = table.dictionary(field).codeOf(value);
  }
  rows.kinds.push(table.kindOf((field) => rows.codes[field]?.[row] ?? 0));
  rows.times.push(time ?? receivedTime);
  rows.receivedTimes.push(receivedTime);
  rows.idTimes.push(time ?? stamped ?? 0);
  rows.records.push(record);
  rows.lines.push(line);
  rows.fileLines.push(fileLine(record, segment));
  rows.starts.push(segment.start);
  rows.ends.push(segment.end);
  rows.shapes.push(shape);
  rows.length = row + 1;
  return undefined;
}

function codesFor(rows: SourceRows, field: number, row: number): Uint32Array {
  const codes = rows.codes[field];
  if (codes !== undefined && row < codes.length) return codes;
  const grown = new Uint32Array(Math.max(64, 2 * row + 2));
  if (codes !== undefined) grown.set(codes);
  rows.codes[field] = grown;
  return grown;
}

/** All columns end at the last row. */
function finish(rows: SourceRows): SourceRows {
  for (const [field, codes] of rows.codes.entries()) {
    if (codes !== undefined)
      rows.codes[field] = codesFor(rows, field, rows.length - 1).subarray(0, rows.length);
  }
  return rows;
}

/** Line numbers are 32-bit wherever they are kept. */
const maxFileLine = 2 ** 31 - 1;

function fileLine(record: RawRecord, segment: Segment): number | undefined {
  const header = headerOf(record, 'parapet-line');
  if (header === undefined || !/^\d{1,15}$/.test(header)) return undefined;
  const line = Number(header) + segment.place;
  return line <= maxFileLine ? line : undefined;
}

function createRows(): SourceRows {
  return {
    length: 0,
    records: [],
    lines: [],
    fileLines: [],
    starts: [],
    ends: [],
    shapes: [],
    kinds: [],
    times: [],
    receivedTimes: [],
    idTimes: [],
    codes: [],
  };
}

/** What has grown past its bound is forgotten now, between batches, never within one. */
function startBatch(sources: readonly (Source | undefined)[], limits: DecoderLimits): void {
  const tables = sources.flatMap((source) => (source === undefined ? [] : [source.table]));
  for (const table of tables) table.startGeneration(limits.maxDictionaryBytes);
  const sizes = tables.map((table) => ({ table, bytes: table.bytes })).sort((a, b) => b.bytes - a.bytes);
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { table, bytes } of sizes) {
    if (total <= limits.maxTotalDictionaryBytes) break;
    table.forget();
    total -= bytes;
  }
}

function headerOf(record: RawRecord, name: string): string | undefined {
  return record.headers[name];
}
