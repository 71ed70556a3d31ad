import type { RowPlace } from '../columns/source-rows.ts';
import type { DecoderLimits, RawRecord, RejectedLine } from '../decoder.ts';
import { latestTime } from '../event-time.ts';
import type { RecordRun } from './core/record-run.ts';
import type { TextWindow } from './core/text-window.ts';
import { type EventReader, takeOutcomes, tokenSize } from './event-reader.ts';
import { jsonByte } from './json-byte.ts';
import { type TokenSource, tokenSource } from './json-token.ts';
import { parseEvent, type Refusal } from './parse-event.ts';
import type { PathTree } from './path-tree.ts';
import type { SourceRecognizer } from './recognize-source.ts';
import { wrappedArray } from './record-text.ts';
import { putFound, type ShapePlan } from './shape-plan.ts';
import { noTime, outsideTime, type Source } from './source.ts';
import { type Segment, type SplitFrom, splitRecord } from './split-record.ts';
import { walkParsed } from './walk-parsed.ts';

/**
 * Makes rows of records. Runs of them are the core's; what it stops at is done here, event by event: those of a source that was not met, those
 * that a piece of a long record cut off, and what has to go the slow way: cut out by `splitRecord`, parsed, and walked.
 */
export interface RecordReader {
  /** What positions of values are positions in: the buffer of the record that is read. */
  readonly tokens: TokenSource;
  /** All of them in this call of the decoder, in the order they were met. */
  readonly tokenSources: readonly TokenSource[];
  /** Begins a call of the decoder. */
  begin(): void;
  /** Reads records; returns what was refused. */
  read(records: readonly RawRecord[]): RejectedLine[];
  /** Bytes of the records that were read last. */
  readonly bytes: number;
}

export interface RecordReaderParts {
  readonly limits: DecoderLimits;
  readonly now: () => number;
  readonly tree: PathTree;
  readonly recognizer: SourceRecognizer;
  readonly reader: EventReader;
  readonly window: TextWindow;
  readonly run: RecordRun;
  /** The number of a profile by its id. */
  readonly profileNumbers: ReadonlyMap<string, number>;
  readonly byTopic: ReadonlyMap<string, string>;
  /** The source of a profile, made when it is first met. */
  sourceOf(profile: number): Source;
}

/** What a piece of a long record is longer than an event may be. */
const pieceSlack = 64 * 1024;
/** The piece of a long record that is shown first: it stays in the cache until the values of its events were looked up. */
const nearPiece = 64 * 1024;
const { newline, quote, openObject } = jsonByte;

export function createRecordReader(parts: RecordReaderParts): RecordReader {
  const { limits, now, tree, recognizer, reader, window, run, profileNumbers, byTopic, sourceOf } = parts;
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
  /** Where the piece of a record ends that is shown. */
  let pieceEnd = 0;
  const maxPiece = limits.maxEventBytes + pieceSlack;
  let rejected: RejectedLine[] = [];
  let bytesRead = 0;
  let tokenSources: TokenSource[] = [];
  let tokens: TokenSource = tokenSource(new Uint8Array(0));

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
      bytesRead += run.bytes;
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
    pieceEnd = 0;
    bytesRead += value?.length ?? 0;
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
      const stop = takePiece(at, limit, line);
      if (stop !== undefined && stop.position > at) {
        at = stop.position;
        line = stop.line;
        work.events = stop.events;
        continue;
      }
      rowPlace.place = line;
      if (!takeShown(at, limit, base)) break;
      line += reader.newlines;
      at = reader.end;
      work.events += 1;
    }
    return { position: at - base, line, events: work.events };
  };

  /** Takes what the core takes of the events from `at` on, piece by piece. Undefined where no line ends within a piece. */
  const takePiece = (at: number, limit: number, line: number): RecordRun['stop'] | undefined => {
    const { buffer } = tokens.bytes;
    if (at >= pieceEnd || !window.covers(buffer, at, pieceEnd)) {
      const end = endOfPiece(tokens.bytes, at, limit, nearPiece);
      if (end === -1) return undefined;
      pieceEnd = end;
      window.show(buffer, at, end);
    }
    reader.prepare(tokens);
    run.takePiece({
      record: work.record,
      number: rowPlace.record,
      source: rowPlace.source,
      profile: work.profile,
      start: at,
      end: pieceEnd,
      line,
      events: work.events,
    });
    return run.stop;
  };

  /** Takes the event at `at` of a record that ends at `limit`; of a long record a piece is shown at a time. */
  const takeShown = (at: number, limit: number, base: number): boolean => {
    const { buffer } = tokens.bytes;
    if (limit - base <= maxPiece) {
      window.show(buffer, base, limit);
      pieceEnd = limit;
      return take(at, limit, false);
    }
    if (at < pieceEnd && window.covers(buffer, at, pieceEnd) && take(at, pieceEnd, false)) return true;
    // It may have been cut off: once more from its start.
    pieceEnd = endOfPiece(tokens.bytes, at, limit, maxPiece);
    if (pieceEnd === -1) return false;
    window.show(buffer, at, pieceEnd);
    return take(at, pieceEnd, false);
  };
  /** Where a piece from `at` on ends: behind a line, so that what follows an event is seen. -1 when there is no such place. */
  const endOfPiece = (bytes: Uint8Array, at: number, limit: number, most: number): number => {
    if (at + most >= limit) return limit;
    const last = bytes.subarray(at, at + most).lastIndexOf(newline);
    return last === -1 ? -1 : at + last + 1;
  };

  /** Takes an event that is in the text window as a row. False when it has to be read the slow way, which also says what is wrong. */
  const take = (start: number, limit: number, isWhole: boolean): boolean => {
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
    rowPlace.start = start;
    rowPlace.end = reader.end;
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
      const detail = `The time in ${source.outsideClock} of the event at byte ${rowPlace.start - (record.value?.byteOffset ?? 0)} of the record is outside 1970-01-01 to 2262-04-11.`;
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
    const start = bytes.byteOffset;
    const end = start + bytes.length;
    rowPlace.place = segment.place;
    rowPlace.start = start;
    rowPlace.end = end;
    window.show(bytes.buffer, start, end);
    if (take(start, end, true)) return undefined;
    return takeParsed(bytes, segment.start);
  };

  /** The slow way: the event, which starts at `position` of the record, is parsed and walked. */
  const takeParsed = (bytes: Uint8Array, position: number): Refusal | undefined => {
    const parsed = parseEvent(bytes, position);
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
    get tokens() {
      return tokens;
    },
    get tokenSources() {
      return tokenSources;
    },
    get bytes() {
      return bytesRead;
    },
    begin() {
      tokenSources = [];
      bytesRead = 0;
      window.clear();
    },
    read(records) {
      rejected = [];
      decodeRecords(records);
      const refused = rejected;
      rejected = [];
      return refused;
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
