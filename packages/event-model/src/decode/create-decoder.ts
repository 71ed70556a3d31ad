import { isUtf8 } from 'node:buffer';
import type { EventBatch } from '../columns/event-batch.ts';
import { createSourceBatch } from '../columns/source-batch.ts';
import { addRow, finishRows, type RowPlace } from '../columns/source-rows.ts';
import type { SourceTable } from '../columns/source-table.ts';
import type { Decoder, RawRecord, RejectedLine } from '../decoder.ts';
import { latestTime } from '../event-time.ts';
import type { LogSource } from '../log-source.ts';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import type { SourceProfile } from '../source-profile.ts';
import { createEventReader, tokenSize } from './event-reader.ts';
import { jsonByte } from './json-byte.ts';
import { type TokenSource, tokenSource } from './json-token.ts';
import { parseEvent, type Refusal } from './parse-event.ts';
import { createPathTree } from './path-tree.ts';
import { createSourceRecognizer } from './recognize-source.ts';
import { putFound, type ShapePlan } from './shape-plan.ts';
import { createSource, type Source } from './source.ts';
import { type Segment, type SplitFrom, splitRecord, wrappedArray } from './split-record.ts';
import { walkParsed } from './walk-parsed.ts';

export interface DecoderLimits {
  /** Bytes of one event. @default 1 MiB */
  readonly maxEventBytes: number;
  /** Levels of nesting of one event. @default 64 */
  readonly maxDepth: number;
  /** Events in one record. @default 10,000 */
  readonly maxLines: number;
  /** Bytes of one field's distinct values before they are forgotten. @default 8 MiB */
  readonly maxDictionaryBytes: number;
  /** Bytes of all distinct values together. @default 192 MiB */
  readonly maxTotalDictionaryBytes: number;
}

export interface DecoderOptions {
  /** Tried in order. @default sourceProfiles */
  readonly profiles?: readonly SourceProfile[];
  /** Names of the fields that rules of these log sources read; other fields stay reachable, but slowly. */
  readonly fields: (logSources: readonly LogSource[]) => Iterable<string>;
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

/** There are hundreds of dictionaries: too many to add up their sizes for every few events. */
const maxUnreviewed = 1024 * 1024;

const { newline, quote, openObject, openArray } = jsonByte;

/**
 * A decoder over JSON records (see `splitRecord` for the forms a record may have). It keeps dictionaries between calls
 * and nothing else. The batches it returned are valid until it decodes again: their memory is used again.
 *
 * Events are read from their bytes by the event reader. What it does not take (what is broken, and a few forms in which only
 * `JSON.parse` is sure to be right) goes the slow way: cut out by `splitRecord`, parsed, and walked. Both ways give the same.
 */
export function createDecoder(options: DecoderOptions): Decoder {
  const profiles = options.profiles ?? sourceProfiles;
  const limits = { ...defaultLimits, ...options.limits };
  const now = options.now ?? Date.now;
  const tree = createPathTree();
  const recognizer = createSourceRecognizer(profiles, tree);
  const reader = createEventReader(tree, limits.maxDepth);
  const profileNumbers = new Map(profiles.map((profile, number) => [profile.id, number]));
  const byTopic = new Map(Object.entries(options.sourceByTopic ?? {}));
  const sources: (Source | undefined)[] = [];
  /** The row that is being added: one for all, since there are many. */
  const rowPlace: RowPlace = {
    line: 0,
    place: 0,
    start: 0,
    end: 0,
    shape: 0,
    coded: true,
    exponent: true,
    time: 0,
    receivedTime: 0,
    idTime: 0,
  };
  let rejected: RejectedLine[] = [];
  /** Bytes that were decoded since the sizes of all dictionaries were added up. */
  let unreviewed = 0;
  const reviewEvery = Math.min(maxUnreviewed, limits.maxTotalDictionaryBytes / 64);
  let tokens: TokenSource = tokenSource(new Uint8Array(0));

  const sourceOf = (number: number): Source => {
    const known = sources[number];
    if (known !== undefined) return known;
    const profile = profiles[number] as SourceProfile;
    const wanted = new Set(profile.kinds.flatMap((kind) => [...options.fields(kind.logSources)]));
    const source = createSource(profile, wanted, tree);
    sources[number] = source;
    return source;
  };

  const decodeRecord = (record: RawRecord): void => {
    const { value } = record;
    unreviewed += value?.length ?? 0;
    const named = record.headers['parapet-source'] ?? byTopic.get(record.topicId);
    const profile = named === undefined || named === '' ? undefined : profileNumbers.get(named);
    const work: RecordWork = {
      record,
      profile,
      unknown:
        named === undefined || named === '' || profile !== undefined
          ? undefined
          : `No source profile is called "${named.slice(0, 100)}".`,
      events: 0,
    };
    const rest = value === null ? undefined : readEvents(work, value);
    if (value !== null && rest !== undefined) readSlowly(work, value, rest);
    if (work.events === 0) {
      const detail = 'The record holds no event: it is empty, blank or an empty list.';
      rejected.push({ record, line: 0, reason: 'empty_record', detail, bytes: value ?? new Uint8Array() });
    }
  };

  /**
   * Reads the events of a record one after another from their bytes. Returns where it met what it does not take, undefined when
   * it came to the end.
   */
  const readEvents = (work: RecordWork, value: Uint8Array): SplitFrom | undefined => {
    if (value.buffer !== tokens.bytes.buffer) tokens = tokenSource(new Uint8Array(value.buffer));
    const { bytes } = tokens;
    const base = value.byteOffset;
    const limit = base + value.length;
    let at = base;
    let line = 0;
    if (value.length > 2 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    for (;;) {
      let byte = 0;
      for (; at < limit; at += 1) {
        byte = bytes[at] as number;
        if (byte === newline) line += 1;
        else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break;
      }
      if (at >= limit) return undefined;
      if (byte !== openObject || work.events >= limits.maxLines || work.unknown !== undefined) break;
      if (work.events === 0 && mayBeWrapped(bytes, at) && wrappedArray(value, at - base) !== -1) break;
      const end = reader.read(tokens, at, limit);
      if (
        end === -1 ||
        end - at > limits.maxEventBytes ||
        !endsEvent(bytes, end, limit) ||
        (reader.high && !isUtf8(bytes.subarray(at, end)))
      )
        break;
      const inside = reader.newlines;
      rowPlace.place = line;
      rowPlace.start = at - base;
      rowPlace.end = end - base;
      if (!takeTokens(work)) break;
      line += inside;
      at = end;
      work.events += 1;
    }
    return { position: at - base, line, events: work.events };
  };

  /** The event that was read last as a row. False when it has to be read the slow way, which also says what is wrong. */
  const takeTokens = (work: RecordWork): boolean => {
    const shape = recognizeTokens(work.profile);
    if (shape === -1) return false;
    const { profile, shape: own } = recognizer.shapes[shape] as { profile: number; shape: number };
    const source = sourceOf(profile);
    if (!source.isMet) {
      // It is read again, now with the source's places.
      source.isMet = true;
      const base = (work.record.value as Uint8Array).byteOffset;
      if (reader.read(tokens, base + rowPlace.start, base + rowPlace.end) === -1) return false;
    }
    source.takeTokens(own, reader.tokens, tokens);
    rowPlace.shape = own;
    rowPlace.coded = reader.coded;
    rowPlace.exponent = reader.exponent;
    return place(work, source) === undefined;
  };

  const recognizeTokens = (profile: number | undefined): number => {
    const { items, filled } = reader.tokens;
    recognizer.begin();
    for (let at = 0; at < filled; at += tokenSize) {
      const node = items[at] as number;
      if (!recognizer.looksAt(node)) continue;
      recognizer.seeToken(
        node,
        tokens,
        items[at + 1] as number,
        items[at + 2] as number,
        items[at + 3] as number,
      );
    }
    return profile === undefined ? recognizer.recognize() : recognizer.shapeWithin(profile);
  };

  /** Adds the event whose fields were taken, or says why it cannot be kept. */
  const place = ({ record, events }: RecordWork, source: Source): Refusal | undefined => {
    const time = source.timeOf(tokens);
    if (typeof time === 'object') {
      source.rows.fields.drop();
      const detail = `The time in ${time.outside} of the event at byte ${rowPlace.start} of the record is outside 1970-01-01 to 2262-04-11.`;
      return { reason: 'invalid_time', detail };
    }
    const { timestamp } = record;
    const stamped = timestamp >= 0 && timestamp <= latestTime ? timestamp : undefined;
    const receivedTime = stamped ?? now();
    rowPlace.line = events;
    rowPlace.time = time ?? receivedTime;
    rowPlace.receivedTime = receivedTime;
    rowPlace.idTime = time ?? stamped ?? 0;
    addRow(source.rows, record, tokens, rowPlace);
    source.table.early.advance(source.rows);
    return undefined;
  };

  /** The rest of a record from where the reader stopped. */
  const readSlowly = (work: RecordWork, value: Uint8Array, rest: SplitFrom): void => {
    for (const segment of splitRecord(value, limits, rest)) {
      const bytes = value.subarray(segment.start, segment.end);
      const { reason, detail } = segment;
      const refused = reason === undefined ? takeSegment(work, segment, bytes) : { reason, detail };
      if (refused !== undefined) rejected.push({ record: work.record, line: work.events, ...refused, bytes });
      work.events += 1;
    }
  };

  const takeSegment = (work: RecordWork, segment: Segment, bytes: Uint8Array): Refusal | undefined => {
    if (work.unknown !== undefined) {
      const parsed = parseEvent(bytes, segment.start);
      return parsed.event === undefined ? parsed : { reason: 'unknown_source', detail: work.unknown };
    }
    rowPlace.place = segment.place;
    rowPlace.start = segment.start;
    rowPlace.end = segment.end;
    const base = bytes.byteOffset;
    const isRead = reader.read(tokens, base, base + bytes.length) === base + bytes.length;
    if (isRead && (!reader.high || isUtf8(bytes)) && takeTokens(work)) return undefined;
    return takeParsed(work, bytes);
  };

  /** The slow way: the event is parsed and walked. */
  const takeParsed = (work: RecordWork, bytes: Uint8Array): Refusal | undefined => {
    const parsed = parseEvent(bytes, rowPlace.start);
    if (parsed.event === undefined) return parsed;
    recognizer.begin();
    walkParsed(tree, parsed.event, (node, value, { isObject }) => {
      if (recognizer.looksAt(node)) recognizer.seeValue(node, value, isObject);
    });
    const shape = work.profile === undefined ? recognizer.recognize() : recognizer.shapeWithin(work.profile);
    if (shape === -1) return { reason: 'unknown_source', detail: 'No source profile knows this event.' };
    const { profile, shape: own } = recognizer.shapes[shape] as { profile: number; shape: number };
    const source = sourceOf(profile);
    const { fields, length } = source.rows;
    const plan = source.shapes[own] as ShapePlan;
    fields.begin(length);
    walkParsed(tree, parsed.event, (node, value, place) => putFound(fields, plan, node, { value, ...place }));
    rowPlace.shape = own;
    rowPlace.coded = true;
    rowPlace.exponent = true;
    return place(work, source);
  };

  return {
    decode(records) {
      // A call that failed half-way must not leave rows to the next one.
      for (const source of sources) source?.clear();
      const tables = sources.flatMap((source) => (source === undefined ? [] : [source.table]));
      for (const table of tables) table.startGeneration(limits.maxDictionaryBytes);
      if (unreviewed >= reviewEvery) {
        forgetLargest(tables, limits.maxTotalDictionaryBytes);
        unreviewed = 0;
      }
      rejected = [];
      for (const record of records) decodeRecord(record);
      const batches: EventBatch[] = [];
      for (const source of sources) {
        if (source === undefined || source.rows.length === 0) continue;
        finishRows(source.rows);
        batches.push(createSourceBatch(source.table, source.rows));
      }
      const refused = rejected;
      rejected = [];
      return { batches, rejected: refused };
    },
  };
}

interface RecordWork {
  readonly record: RawRecord;
  /** The profile that the record's header or topic names. */
  readonly profile: number | undefined;
  /** What to say when it names one that does not exist. */
  readonly unknown: string | undefined;
  /** Events of the record so far, those that were refused among them. */
  events: number;
}

/** Whether the object may be `{"Records": [...]}`: false as soon as its first key is seen to begin otherwise. */
const mayBeWrapped = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] !== quote || bytes[at + 2] === 0x52;

/** Whether what follows an event is the end of its line, or another value. */
function endsEvent(bytes: Uint8Array, end: number, limit: number): boolean {
  let at = end;
  while (at < limit) {
    const byte = bytes[at];
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d) at += 1;
    else return byte === newline || byte === openObject || byte === openArray;
  }
  return true;
}

/** Forgets the largest tables until what is left is within the bound: between batches, never within one. */
function forgetLargest(tables: readonly SourceTable[], maxBytes: number): void {
  const sizes = tables.map((table) => ({ table, bytes: table.bytes })).sort((a, b) => b.bytes - a.bytes);
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { table, bytes } of sizes) {
    if (total <= maxBytes) break;
    table.forget();
    total -= bytes;
  }
}
