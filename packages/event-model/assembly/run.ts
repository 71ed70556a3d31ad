import { cutTokens, putNested, timeOf } from './host';
import { addRow, RowPlace } from './rows';
import { hasExponent, isCoded } from './scan';
import { nested, Taking, takeEvent } from './take';
import { noTime, outsideTime, tokenTime, unusual } from './time';

/**
 * Takes the events of a run of records, which stand in the text window together: what `create-decoder.ts` does for one event, for many
 * without a call for each.
 */
class Run {
  /** Of each record where it starts and ends here, as four bytes each. */
  static stretches: usize = 0;
  /** Of each record the time it was received, and the time it carries or 0, as eight bytes each. */
  static stamps: usize = 0;
  /** Where it stopped: the place in the source, line breaks and events of the record before it. */
  static stop: usize = 0;
  static maxLines: u32 = 0;
}

export function useRun(stretches: usize, stamps: usize, stop: usize, maxLines: i32): void {
  Run.stretches = stretches;
  Run.stamps = stamps;
  Run.stop = stop;
  Run.maxLines = maxLines;
}

/**
 * Takes the events of the records `from` to `to` as rows. Returns the record in which it met what has to be done in JavaScript, and notes
 * where; `to` when there was nothing.
 * @param first number of the run's record 0 among all
 * @param source number of the source they stand in
 * @param profile the one they are of, -1 when that is not known
 */
export function takeRun(from: u32, to: u32, first: u32, source: u32, shift: u32, profile: i32): u32 {
  RowPlace.source = source;
  RowPlace.shift = shift;
  for (let record = from; record < to; record += 1) {
    const stretch = Run.stretches + ((<usize>record) << 3);
    const base = load<usize>(stretch);
    const limit = load<usize>(stretch, 4);
    const stamp = Run.stamps + ((<usize>record) << 4);
    RowPlace.record = first + record;
    RowPlace.receivedTime = load<f64>(stamp);
    let at = base;
    if (limit - base > 2 && (load<u32>(base) & 0xffffff) === 0xbfbbef) at += 3;
    // A record without an event has to be told of.
    if (!takeEvents(at, limit, 0, 0, profile, load<f64>(stamp, 8)) || load<u32>(Run.stop, 8) === 0)
      return record;
  }
  return to;
}

/**
 * Takes the events of a piece of the record that `RowPlace` tells of, and notes how far it came. Returns whether that is the piece's end.
 * @param line how many lines of the record are before the piece
 * @param events how many of its events are
 * @param received time it was received
 * @param stamped time it carries, or 0
 */
export function takePiece(
  record: u32,
  source: u32,
  shift: u32,
  profile: i32,
  start: usize,
  limit: usize,
  line: u32,
  events: u32,
  received: f64,
  stamped: f64,
): bool {
  RowPlace.record = record;
  RowPlace.source = source;
  RowPlace.shift = shift;
  RowPlace.receivedTime = received;
  return takeEvents(start, limit, line, events, profile, stamped);
}

/** Returns false where it met what has to be done in JavaScript. Notes how far it came in any case. */
function takeEvents(
  start: usize,
  limit: usize,
  linesBefore: u32,
  eventsBefore: u32,
  profile: i32,
  stamped: f64,
): bool {
  const shift = RowPlace.shift;
  let line = linesBefore;
  let events = eventsBefore;
  let at = start;
  while (true) {
    let byte: u32 = 0;
    for (; at < limit; at += 1) {
      byte = load<u8>(at);
      if (byte === 0x0a) line += 1;
      else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break;
    }
    if (at >= limit) {
      stopAt(at - shift, line, events);
      return true;
    }
    if (byte !== 0x7b || events >= Run.maxLines || (events === 0 && mayBeWrapped(at))) break;
    const shape = takeEvent(at, limit, shift, profile, false);
    RowPlace.line = events;
    RowPlace.place = line;
    RowPlace.start = <u32>(at - shift);
    if (!addEvent(shape, stamped)) break;
    line += load<u32>(Taking.found, 4);
    at = load<usize>(Taking.found) + shift;
    events += 1;
  }
  stopAt(at - shift, line, events);
  return false;
}

/** Adds the event that was taken as a row; false when it has to be looked at by JavaScript. */
function addEvent(outcome: i32, stamped: f64): bool {
  if (outcome < 0 && outcome !== nested) return false;
  const found = Taking.found;
  const shape = load<i32>(found, 12);
  const plan = load<usize>(Taking.plans + ((<usize>shape) << 2));
  const sink = load<usize>(plan, 12);
  const name = load<i32>(sink, 12);
  if (outcome === nested) putNested(name, shape);
  else if (load<i32>(found, 20) > 0) cutTokens(name, shape);
  const time = timeFrom(sink, name);
  if (time === outsideTime) return false;
  const facts = load<i32>(found, 8);
  RowPlace.end = load<u32>(found);
  RowPlace.shape = load<u32>(plan, 16);
  RowPlace.coded = facts & isCoded;
  RowPlace.exponent = facts & hasExponent;
  RowPlace.time = time === noTime ? RowPlace.receivedTime : time;
  RowPlace.idTime = time === noTime ? stamped : time;
  store<u32>(sink, addRow(load<usize>(sink, 24)), 8);
  return true;
}

/** The time of the event whose fields were put, by the clocks of its source: a field and a format each. */
function timeFrom(sink: usize, name: i32): f64 {
  const event = load<f64>(sink, 16);
  const clocks = load<usize>(sink, 28);
  const count = load<u32>(sink, 32);
  for (let index: usize = 0; index < <usize>count; index += 1) {
    const field = <usize>load<u32>(clocks + (index << 3));
    if (load<f64>(load<usize>(sink, 4) + (field << 3)) < event) continue;
    const word = load<usize>(load<usize>(sink) + (field << 2)) + (load<usize>(sink, 8) << 3);
    const tag = load<u32>(word, 4);
    const start = load<usize>(word) + RowPlace.shift;
    const time = tokenTime(start, tag >>> 4, tag & 15, load<u32>(clocks + (index << 3), 4));
    return time === unusual ? timeOf(name) : time;
  }
  return noTime;
}

/** Whether the object may be `{"Records": [...]}`: false as soon as its first key is seen to begin otherwise. */
function mayBeWrapped(at: usize): bool {
  return load<u8>(at, 1) !== 0x22 || load<u8>(at, 2) === 0x52;
}

function stopAt(at: usize, line: u32, events: u32): void {
  store<usize>(Run.stop, at);
  store<u32>(Run.stop, line, 4);
  store<u32>(Run.stop, events, 8);
}
