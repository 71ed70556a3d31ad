import type { DeadLetterReason } from '../decoder.ts';
import { jsonByte } from './json-byte.ts';
import { brokenText } from './parse-event.ts';
import { endOfZeros, isBlank, scalarEnd, skipSpace, trimEnd, wrappedArray } from './record-text.ts';
import { jsonFault } from './text-fault.ts';
import { createValueScanner, type Ending } from './value-scanner.ts';

/** One event's bytes inside a record, or a stretch of the record that cannot hold one. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  /** Lines of the record before the segment, from 0; in a JSON array the element's index. */
  readonly place: number;
  /** Why the stretch is refused; undefined for an event that may be parsed. */
  readonly reason: DeadLetterReason | undefined;
  readonly detail: string;
}

export interface SplitLimits {
  readonly maxEventBytes: number;
  readonly maxDepth: number;
  readonly maxLines: number;
}

/** Where splitting begins: a position between two events, the lines and the events before it. */
export interface SplitFrom {
  readonly position: number;
  readonly line: number;
  readonly events: number;
}

const start: SplitFrom = { position: 0, line: 0, events: 0 };

const { newline, comma, openObject, closeObject, openArray, closeArray } = jsonByte;

/**
 * Cuts a record into its events: one JSON object, objects one after another (NDJSON or pretty-printed), JSON arrays of
 * objects, or CloudTrail's `{"Records": [...]}`. It looks at brackets and strings only, in one pass and without
 * recursion, so that what is too deep or too large is known before anything parses it. A line that is broken costs that
 * line alone, also where it begins as an array does; of an array that breaks, elements that stand on lines of their own are taken.
 */
export function splitRecord(
  bytes: Uint8Array,
  limits: SplitLimits,
  from: SplitFrom = start,
): readonly Segment[] {
  const segments: Segment[] = [];
  const maxSegments = limits.maxLines - from.events;
  const length = bytes.length;
  const scanner = createValueScanner(bytes, limits.maxDepth);
  const hasMark = from.position === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let position = hasMark ? 3 : from.position;
  let line = from.line;
  /** The line break that `line` has not counted yet: looked for once, however many events come before it. */
  let lineBreak = bytes.indexOf(newline, position);

  const lineAt = (at: number): number => {
    while (lineBreak !== -1 && lineBreak < at) {
      line += 1;
      lineBreak = bytes.indexOf(newline, lineBreak + 1);
    }
    return line;
  };
  let arrayFrom = -1;
  const add = (start: number, end: number, reason: DeadLetterReason | undefined, detail: string): void => {
    const place = arrayFrom === -1 ? lineAt(start) : segments.length - arrayFrom;
    segments.push({ start, end, place, reason, detail });
  };
  const addValue = (start: number, end: number, ending: Ending): void => {
    if (end - start > limits.maxEventBytes) {
      add(
        start,
        end,
        'too_large',
        `The event at byte ${start} of the record has ${end - start} bytes; at most ${limits.maxEventBytes} are taken.`,
      );
    } else if (ending === 'too_deep') {
      const place = `at byte ${scanner.deepAt} of the record`;
      add(start, end, 'too_deep', `The event nests deeper than ${limits.maxDepth} levels ${place}.`);
    } else add(start, end, undefined, '');
  };
  /** Asked for the same line again and again: it is looked for once. */
  let knownLine = { from: 0, end: -1 };
  const lineEnd = (from: number): number => {
    if (from < knownLine.from || from > knownLine.end) {
      const found = bytes.indexOf(newline, from);
      knownLine = { from, end: found === -1 ? length : found };
    }
    return knownLine.end;
  };

  /** Whether an array has broken: what follows may be elements of it. */
  let isInBroken = false;
  /** A stretch of several lines in which a value broke: the lines that are whole on their own are taken. */
  const addBroken = (start: number, end: number): void => {
    const whole: [number, number][] = [];
    for (let from = start; from < end; ) {
      const to = Math.min(lineEnd(from), end);
      const value = skipSpace(bytes, from, to);
      if (bytes[value] === openObject && scanWithin(value, to)) whole.push([value, scanner.end]);
      from = to + 1;
    }
    if (whole.length === 0) {
      addRefused(start, end);
      return;
    }
    let refusedFrom = start;
    for (const [from, to] of whole) {
      if (isSomething(refusedFrom, from)) addRefused(refusedFrom, from);
      addValue(from, to, 'complete');
      refusedFrom = to;
    }
    if (isSomething(refusedFrom, end)) addRefused(refusedFrom, end);
  };
  /** Whether a stretch holds more than blanks and, of a broken array, what stands between elements and behind the last one. */
  const isSomething = (from: number, to: number): boolean => {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number;
      const isBetween =
        isInBroken && (byte === comma || byte === closeArray || (wrapped !== -1 && byte === closeObject));
      if (!isBlank(byte) && byte !== newline && !isBetween) return true;
    }
    return false;
  };
  /** @param detail what is wrong with the stretch, where that is not what it holds. */
  const addRefused = (start: number, end: number, detail?: string): void => {
    const from = skipSpace(bytes, start, end);
    const to = trimEnd(bytes, from, end);
    if (to - from > limits.maxEventBytes) addValue(from, to, 'complete');
    else {
      const broken = brokenText(bytes.subarray(from, to), from);
      if (detail === undefined || broken.reason === 'invalid_utf8')
        add(from, to, broken.reason, broken.detail);
      else add(from, to, 'invalid_json', detail);
    }
  };
  /** A value that does not begin as an object does. */
  const addOther = (start: number, end: number): void => {
    const to = trimEnd(bytes, start, end);
    if (jsonFault(bytes, start, to) !== -1) addRefused(start, end);
    else
      add(start, to, 'not_an_object', `The value at byte ${start} of the record is JSON, but not an object.`);
  };
  const scanWithin = (from: number, to: number): boolean =>
    scanner.scan(from, to) === 'complete' && !isSomething(scanner.end, to);

  /** The elements of the array whose bracket is at `open`; returns where the array ended, or where to go on when it broke. */
  const splitArray = (open: number): number => {
    arrayFrom = segments.length;
    const end = splitElements(open);
    arrayFrom = -1;
    return end;
  };
  /** From here on places are lines again: nobody knows how many elements there are. */
  const breakArray = (): void => {
    isInBroken = true;
    arrayFrom = -1;
  };
  /** Behind a value that broke: what was looked at is not looked at again, or many such values would take time without end. */
  const brokenEnd = (start: number): number =>
    scanner.end < length && bytes[scanner.end] === newline ? scanner.end : Math.max(scanner.end, start + 1);
  const splitElements = (open: number): number => {
    let at = skipSpace(bytes, open + 1, length);
    if (bytes[at] === closeArray) return at + 1;
    let separator = open;
    while (at < length) {
      if (segments.length >= maxSegments) return at;
      const byte = bytes[at] as number;
      const start = at;
      let ending: Ending = 'complete';
      if (byte === openObject || byte === openArray) {
        ending = scanner.scan(at);
        at = scanner.end;
      } else {
        at = scalarEnd(bytes, at);
        // No array, but text such as `[10:00:00] started`.
        if (separator === open && jsonFault(bytes, start, at) !== -1) {
          const to = lineEnd(open);
          breakArray();
          addRefused(open, to);
          return to;
        }
      }
      // What broke at its first element is told with its bracket.
      const from = separator === open ? open : start;
      if (ending === 'broken') {
        breakArray();
        const to = brokenEnd(start);
        addBroken(from, to);
        return to;
      }
      const after = skipSpace(bytes, at, length);
      if (at === start || (bytes[after] !== comma && bytes[after] !== closeArray)) {
        breakArray();
        const how = after === length ? 'ends too early, at' : 'breaks at';
        const why = `The JSON array ${how} byte ${after} of the record.`;
        // An element on lines of its own is not to blame: what stands before it is refused, and it may be an event.
        const isOnOwnLines = lineEnd(separator) < start && lineEnd(at) <= after;
        const [refusedFrom, to] = isOnOwnLines ? [separator, lineEnd(separator)] : [from, lineEnd(at)];
        addRefused(refusedFrom, to, why);
        return to;
      }
      if (byte === openObject) addValue(start, at, ending);
      else addOther(start, at);
      if (bytes[after] === closeArray) return after + 1;
      separator = after;
      at = skipSpace(bytes, after + 1, length);
    }
    addRefused(separator, length, `The JSON array ends too early, at byte ${length} of the record.`);
    return length;
  };

  /** Behind the object around the "Records" array, which began at `open` and whose array ended at `from`. */
  const endOfWrapper = (open: number, from: number): number => {
    const close = skipSpace(bytes, from, length);
    if (bytes[close] === closeObject) return close + 1;
    if (close === length) return length;
    const follows = `Something follows the "Records" array at byte ${close} of the record.`;
    if (scanner.scan(open) !== 'broken' && scanner.end > close) {
      const to = scanner.end;
      addRefused(close, to, follows);
      return to;
    }
    isInBroken = true;
    const isOnOwnLine = lineEnd(from) < close;
    addRefused(from - 1, isOnOwnLine ? from : lineEnd(close), follows);
    return isOnOwnLine ? close : lineEnd(close);
  };
  const wrapped = from.events === 0 ? wrappedArray(bytes, position) : -1;
  if (wrapped !== -1) {
    const end = splitArray(wrapped);
    position = isInBroken || segments.length >= maxSegments ? end : endOfWrapper(position, end);
  }

  for (
    position = skipSpace(bytes, position, length);
    position < length;
    position = skipSpace(bytes, position, length)
  ) {
    if (segments.length >= maxSegments) {
      add(
        position,
        length,
        'too_many_lines',
        `The record holds more than ${limits.maxLines} events; the rest, from byte ${position}, is refused.`,
      );
      break;
    }
    const start = position;
    const first = bytes[start] as number;
    // A hole of a file that was cut short or not written to its end; what stands behind it may be whole.
    if (first === 0) {
      position = endOfZeros(bytes, start);
      continue;
    }
    if (first === openArray) {
      position = splitArray(start);
      continue;
    }
    if (first !== openObject) {
      position = lineEnd(start);
      if (isSomething(start, position)) addOther(start, position);
      continue;
    }
    const ending = scanner.scan(start);
    if (ending === 'broken') {
      position = brokenEnd(start);
      addBroken(start, position);
      continue;
    }
    position = scanner.end;
    let after = position;
    while (after < length && isBlank(bytes[after] as number)) after += 1;
    if (isInBroken && !isSomething(after, lineEnd(after))) after = lineEnd(after);
    const next = bytes[after];
    if (after < length && next !== newline && next !== openObject && next !== openArray) {
      position = lineEnd(after);
      addRefused(start, position);
      continue;
    }
    addValue(start, position, ending);
  }
  return segments;
}
