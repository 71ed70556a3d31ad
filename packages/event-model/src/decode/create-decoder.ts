import type { EventBatch } from '../columns/event-batch.ts';
import { createSourceBatch } from '../columns/source-batch.ts';
import type { RowPlace } from '../columns/source-rows.ts';
import type { SourceTable } from '../columns/source-table.ts';
import type { Decoder, RawRecord, RejectedLine } from '../decoder.ts';
import { latestTime } from '../event-time.ts';
import type { LogSource } from '../log-source.ts';
import { createCorePatterns } from '../parts/core-patterns.ts';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import type { SourceProfile } from '../source-profile.ts';
import { createDecodeCore } from './core/decode-core.ts';
import { createRecordRun } from './core/record-run.ts';
import { createTextWindow } from './core/text-window.ts';
import { createEventReader, takeOutcomes, tokenSize } from './event-reader.ts';
import { jsonByte } from './json-byte.ts';
import { type TokenSource, tokenSource } from './json-token.ts';
import { parseEvent, type Refusal } from './parse-event.ts';
import { createPathTree } from './path-tree.ts';
import { createSourceRecognizer } from './recognize-source.ts';
import { putFound, type ShapePlan } from './shape-plan.ts';
import { createSource, noTime, outsideTime, type Source } from './source.ts';
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

/** What a piece of a long record is longer than an event may be. */
const pieceSlack = 64 * 1024;
const { newline, quote, openObject } = jsonByte;

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
  const core = createDecodeCore({
    learnKey: (node, start, end) => reader.learnKey(node, start, end),
    childOf: (node, start, end) => reader.childOf(node, start, end),
    isText: (start, end) => reader.isText(start, end),
    answerOf: (node, kind, start, end) => reader.answerOf(node, kind, start, end),
    verdictOf: (length, profile) => recognizer.verdictOf(length, profile),
    openColumn: (source, field) => sources[source]?.rows.fields.open(field),
    growRows: (source) => sources[source]?.rows.grow(),
    putNested: (source, shape) => sources[source]?.takeTokens(shapeAt(shape).shape, reader.tokens, tokens),
    cutTokens: (source, shape) => sources[source]?.cutTokens(shapeAt(shape).shape, reader, tokens),
    timeOf: (source) => sources[source]?.timeOf(tokens) ?? noTime,
  });
  const patterns = createCorePatterns(core.memory);
  const recognizer = createSourceRecognizer(profiles, tree, core);
  const reader = createEventReader(tree, core, recognizer, limits);
  const window = createTextWindow(core, () => lookUpNear());
  const run = createRecordRun(core, window, { maxLines: limits.maxLines, now });
  const profileNumbers = new Map(profiles.map((profile, number) => [profile.id, number]));
  const byTopic = new Map(Object.entries(options.sourceByTopic ?? {}));
  const sources: (Source | undefined)[] = [];
  /** The row that is being added: one for all, since there are many. */
  const rowPlace: RowPlace = {
    record: 0,
    source: 0,
    line: 0,
    place: 0,
    start: 0,
    end: 0,
    shift: 0,
    shape: 0,
    coded: true,
    exponent: true,
    time: 0,
    receivedTime: 0,
    idTime: 0,
  };
  /** Where the piece of a long record ends that is shown. */
  let pieceEnd = 0;
  const maxPiece = limits.maxEventBytes + pieceSlack;
  let isClosed = false;
  let rejected: RejectedLine[] = [];
  /** Bytes that were decoded since the sizes of all dictionaries were added up. */
  let unreviewed = 0;
  const reviewEvery = Math.min(maxUnreviewed, limits.maxTotalDictionaryBytes / 64);
  let recordsOfCall: readonly RawRecord[] = [];
  /** What positions of values are positions in: the buffers of the records, in the order they were met. */
  let tokenSources: TokenSource[] = [];
  let tokens: TokenSource = tokenSource(new Uint8Array(0));

  const sourceOf = (number: number): Source => {
    const known = sources[number];
    if (known !== undefined) return known;
    const profile = profiles[number] as SourceProfile;
    const wanted = new Set(profile.kinds.flatMap((kind) => [...options.fields(kind.logSources)]));
    const source = createSource(profile, wanted, tree, { core, name: number, patterns });
    source.begin(recordsOfCall, tokenSources);
    sources[number] = source;
    for (const [shape, { profile: its, shape: own }] of recognizer.shapes.entries()) {
      if (its === number) reader.plan(shape, (source.shapes[own] as ShapePlan).head);
    }
    return source;
  };
  /** Looks up the values of the events in the text window. */
  const lookUpNear = (): void => {
    for (const source of sources) source?.table.early.advance(source.rows);
  };

  /** Makes the buffer of a record the one that positions are positions in. */
  const turnTo = (buffer: ArrayBufferLike): void => {
    if (tokenSources.length > 0 && buffer === tokens.bytes.buffer) return;
    tokens = tokenSource(new Uint8Array(buffer));
    rowPlace.source = tokenSources.push(tokens) - 1;
  };
  const work: RecordWork = { record: noRecord, profile: -1, unknown: undefined, events: 0 };

  /** The number of the profile that header or topic name; -1 when they name none. */
  const profileNamed = (named: string | undefined): number =>
    named === undefined || named === '' ? -1 : (profileNumbers.get(named) ?? unknownProfile);

  const decodeRecords = (records: readonly RawRecord[]): void => {
    for (let index = 0; index < records.length; ) {
      const { value, topicId, headers } = records[index] as RawRecord;
      if (value !== null) turnTo(value.buffer);
      const profile = profileNamed(headers['parapet-source'] ?? byTopic.get(topicId));
      const end = profile === unknownProfile ? index : run.show(records, index);
      if (end === index) {
        decodeRecord(records, index, { position: 0, line: 0, events: 0 });
        index += 1;
        continue;
      }
      unreviewed += run.bytes;
      while (index < end) {
        reader.prepare(tokens);
        index = run.take(index, { profile, source: rowPlace.source });
        if (index === end) break;
        const { position, line, events } = run.stop;
        const base = (records[index] as RawRecord).value?.byteOffset ?? 0;
        decodeRecord(records, index, { position: position - base, line, events });
        index += 1;
      }
    }
  };

  /** Decodes a record, or the rest of it. */
  const decodeRecord = (records: readonly RawRecord[], index: number, from: SplitFrom): void => {
    const record = records[index] as RawRecord;
    const { value } = record;
    const named = record.headers['parapet-source'] ?? byTopic.get(record.topicId);
    work.record = record;
    work.events = from.events;
    work.profile = profileNamed(named);
    work.unknown =
      work.profile === unknownProfile ? `No source profile is called "${named?.slice(0, 100)}".` : undefined;
    rowPlace.record = index;
    unreviewed += value?.length ?? 0;
    const rest = value === null ? undefined : readEvents(value, from);
    if (value !== null && rest !== undefined) readSlowly(value, rest);
    if (work.events === 0) {
      const detail = 'The record holds no event: it is empty, blank or an empty list.';
      rejected.push({ record, line: 0, reason: 'empty_record', detail, bytes: value ?? new Uint8Array() });
    }
  };

  /**
   * Reads the events of a record one after another from their bytes. Returns where it met what it does not take, undefined when
   * it came to the end.
   */
  const readEvents = (value: Uint8Array, from: SplitFrom): SplitFrom | undefined => {
    const { bytes } = tokens;
    const base = value.byteOffset;
    const limit = base + value.length;
    let at = base + from.position;
    let { line } = from;
    if (
      at === base &&
      value.length > 2 &&
      bytes[at] === 0xef &&
      bytes[at + 1] === 0xbb &&
      bytes[at + 2] === 0xbf
    )
      at += 3;
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
      rowPlace.place = line;
      if (!takeShown(at, limit, base)) break;
      line += reader.newlines;
      at = reader.end;
      work.events += 1;
    }
    return { position: at - base, line, events: work.events };
  };

  /** Takes the event at `at` of a record that ends at `limit`; of a long record a piece is shown at a time. */
  const takeShown = (at: number, limit: number, base: number): boolean => {
    const { buffer } = tokens.bytes;
    if (limit - base <= maxPiece) {
      window.show(buffer, base, limit);
      return take(at, limit, false, base);
    }
    if (at < pieceEnd && window.covers(buffer, at, pieceEnd) && take(at, pieceEnd, false, base)) return true;
    // It may have been cut off: once more from its start.
    pieceEnd = endOfPiece(tokens.bytes, at, limit);
    if (pieceEnd === -1) return false;
    window.show(buffer, at, pieceEnd);
    return take(at, pieceEnd, false, base);
  };
  /** Where a piece from `at` on ends: behind a line, so that what follows an event is seen. -1 when there is no such place. */
  const endOfPiece = (bytes: Uint8Array, at: number, limit: number): number => {
    if (at + maxPiece >= limit) return limit;
    const last = bytes.subarray(at, at + maxPiece).lastIndexOf(newline);
    return last === -1 ? -1 : at + last + 1;
  };

  /** Takes an event that is in the text window as a row. False when it has to be read the slow way, which also says what is wrong. */
  const take = (start: number, limit: number, isWhole: boolean, base: number): boolean => {
    const known = work.profile;
    const { shift } = window;
    let outcome = reader.take(tokens, start, limit, isWhole, shift, known);
    if (outcome === takeOutcomes.unmet) {
      sourceOf(shapeAt(reader.shape).profile);
      // Again, now with the source's places.
      outcome = reader.take(tokens, start, limit, isWhole, shift, known);
    }
    if (outcome === takeOutcomes.unread || outcome === takeOutcomes.unknown) return false;
    let { shape } = reader;
    if (outcome === takeOutcomes.unsure) {
      shape = recognizeTokens(known);
      if (shape === -1) return false;
      if (!reader.isPlanned(shape)) {
        sourceOf(shapeAt(shape).profile);
        if (reader.take(tokens, start, limit, isWhole, shift, known) !== takeOutcomes.unsure) return false;
      }
    }
    const { profile, shape: own } = shapeAt(shape);
    const source = sourceOf(profile);
    if (outcome < 0) source.takeTokens(own, reader.tokens, tokens);
    else if (reader.cutCount > 0) source.cutTokens(own, reader, tokens);
    rowPlace.start = start - base;
    rowPlace.end = reader.end - base;
    rowPlace.shift = shift;
    rowPlace.shape = own;
    rowPlace.coded = reader.coded;
    rowPlace.exponent = reader.exponent;
    return place(source) === undefined;
  };
  const shapeAt = (shape: number) => recognizer.shapes[shape] as (typeof recognizer.shapes)[number];

  const recognizeTokens = (profile: number): number => {
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
    return recognizer.shapeOf(profile);
  };

  /** Adds the event whose fields were taken, or says why it cannot be kept. */
  const place = (source: Source): Refusal | undefined => {
    const { record, events } = work;
    const time = source.timeOf(tokens);
    if (time === outsideTime) {
      source.rows.fields.drop();
      const detail = `The time in ${source.outsideClock} of the event at byte ${rowPlace.start} of the record is outside 1970-01-01 to 2262-04-11.`;
      return { reason: 'invalid_time', detail };
    }
    const { timestamp } = record;
    const isStamped = timestamp >= 0 && timestamp <= latestTime;
    const receivedTime = isStamped ? timestamp : now();
    rowPlace.line = events;
    rowPlace.receivedTime = receivedTime;
    if (time === noTime) {
      rowPlace.time = receivedTime;
      rowPlace.idTime = isStamped ? timestamp : 0;
    } else {
      rowPlace.time = time;
      rowPlace.idTime = time;
    }
    source.rows.add(rowPlace);
    return undefined;
  };

  /** The rest of a record from where the reader stopped. */
  const readSlowly = (value: Uint8Array, rest: SplitFrom): void => {
    for (const segment of splitRecord(value, limits, rest)) {
      const bytes = value.subarray(segment.start, segment.end);
      const { reason, detail } = segment;
      const refused = reason === undefined ? takeSegment(segment, bytes) : { reason, detail };
      if (refused !== undefined) rejected.push({ record: work.record, line: work.events, ...refused, bytes });
      work.events += 1;
    }
  };

  const takeSegment = (segment: Segment, bytes: Uint8Array): Refusal | undefined => {
    if (work.unknown !== undefined) {
      const parsed = parseEvent(bytes, segment.start);
      return parsed.event === undefined ? parsed : { reason: 'unknown_source', detail: work.unknown };
    }
    rowPlace.place = segment.place;
    rowPlace.start = segment.start;
    rowPlace.end = segment.end;
    const start = bytes.byteOffset;
    const end = start + bytes.length;
    window.show(bytes.buffer, start, end);
    if (take(start, end, true, start - segment.start)) return undefined;
    return takeParsed(bytes);
  };

  /** The slow way: the event is parsed and walked. */
  const takeParsed = (bytes: Uint8Array): Refusal | undefined => {
    const parsed = parseEvent(bytes, rowPlace.start);
    if (parsed.event === undefined) return parsed;
    recognizer.begin();
    walkParsed(tree, parsed.event, (node, value, { isObject }) => {
      if (recognizer.looksAt(node)) recognizer.seeValue(node, value, isObject);
    });
    const shape = recognizer.shapeOf(work.profile);
    if (shape === -1) return { reason: 'unknown_source', detail: 'No source profile knows this event.' };
    const { profile, shape: own } = shapeAt(shape);
    const source = sourceOf(profile);
    const { fields } = source.rows;
    const plan = source.shapes[own] as ShapePlan;
    fields.begin();
    walkParsed(tree, parsed.event, (node, value, place) => putFound(fields, plan, node, { value, ...place }));
    rowPlace.shape = own;
    rowPlace.coded = true;
    rowPlace.exponent = true;
    return place(source);
  };

  return {
    get memoryBytes() {
      return core.size;
    },
    close() {
      isClosed = true;
      core.close();
    },
    decode(records) {
      if (isClosed) throw new Error('The decoder was closed.');
      // A call that failed half-way must not leave rows to the next one.
      recordsOfCall = records;
      tokenSources = [];
      for (const source of sources) source?.begin(records, tokenSources);
      const tables = sources.flatMap((source) => (source === undefined ? [] : [source.table]));
      for (const table of tables) table.startGeneration(limits.maxDictionaryBytes);
      if (unreviewed >= reviewEvery) {
        forgetLargest(tables, limits.maxTotalDictionaryBytes);
        unreviewed = 0;
      }
      rejected = [];
      window.clear();
      decodeRecords(records);
      lookUpNear();
      const batches: EventBatch[] = [];
      for (const source of sources) {
        if (source === undefined || source.rows.length === 0) continue;
        batches.push(createSourceBatch(source.table, source.rows));
      }
      const refused = rejected;
      rejected = [];
      return { batches, rejected: refused };
    },
  };
}

/** The record that is read. One for all, since there are many. */
interface RecordWork {
  record: RawRecord;
  /** The profile that the record's header or topic names; -1 when they name none. */
  profile: number;
  /** What to say when it names one that does not exist. */
  unknown: string | undefined;
  /** Events of the record so far, those that were refused among them. */
  events: number;
}

/** A profile that was named and does not exist. */
const unknownProfile = -2;

const noRecord: RawRecord = { topicId: '', partition: 0, offset: 0, timestamp: 0, value: null, headers: {} };

/** Whether the object may be `{"Records": [...]}`: false as soon as its first key is seen to begin otherwise. */
const mayBeWrapped = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] !== quote || bytes[at + 2] === 0x52;

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
