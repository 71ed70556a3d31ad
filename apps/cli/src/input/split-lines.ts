import type { EventChunk } from './chunk-events.ts';

const byte = { newline: 0x0a, quote: 0x22, open: 0x5b, backslash: 0x5c, openBrace: 0x7b } as const;
const isOpen = (code: number | undefined) => code === byte.open || code === byte.openBrace;
/** What goes on with a value, so that none has ended before it. */
const goesOn = (code: number | undefined) => code === 0x2c || isClose(code);
const isClose = (code: number | undefined) => code === 0x5d || code === 0x7d;

export interface LineSplitter {
  push(piece: Uint8Array): EventChunk[];
  finish(): EventChunk[];
}

export interface LineLimits {
  readonly chunkBytes: number;
  readonly maxEventBytes: number;
}

/**
 * Cuts text of JSON values, one after another, into chunks that end between two of them.
 *
 * A line that ends in a closing bracket is such a border in all JSON text, unless the next one starts with a comma or another
 * closing bracket: strings hold no line breaks. So the bytes of most files are never looked at one by one. Where there is no
 * such border (values that share a line), brackets and strings are followed. Text between values is left to the decoder.
 *
 * @param firstLine the number of the first line
 */
export function createLineSplitter({ chunkBytes, maxEventBytes }: LineLimits, firstLine = 1): LineSplitter {
  const maxPending = chunkBytes + 2 * maxEventBytes;
  let pending = Buffer.allocUnsafeSlow(0);
  let length = 0;
  let line = firstLine;
  /** No border of lines ends before this. */
  let searched = 0;
  let values = createValueFollower();
  let isSkipping = false;
  let found: EventChunk[] = [];

  const append = (piece: Uint8Array): void => {
    if (length + piece.length > pending.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(chunkBytes + 2 * piece.length, length + piece.length));
      grown.set(pending.subarray(0, length));
      pending = grown;
    }
    pending.set(piece, length);
    length += piece.length;
  };
  /** Takes the first `end` bytes away, and counts their lines and those of blanks behind them. */
  const cut = (end: number): Buffer => {
    const taken = pending.subarray(0, end);
    const next = skipSpace(pending, end, length);
    line += newlinesIn(pending, next);
    replace(pending.subarray(next, length));
    return taken;
  };
  const replace = (rest: Uint8Array): void => {
    const kept = Buffer.allocUnsafeSlow(rest.length === 0 ? 0 : chunkBytes + rest.length);
    kept.set(rest);
    pending = kept;
    length = rest.length;
    searched = 0;
    values = createValueFollower();
  };
  const emit = (end: number): void => {
    const first = line;
    found.push({ kind: 'events', bytes: cut(end), place: 'line', first });
  };
  const skip = (): void => {
    const detail = `The event is larger than the ${maxEventBytes} bytes that are taken; what follows was left out up to a line that ends an event.`;
    found.push({ kind: 'refused', place: 'line', first: line, reason: 'too_large', detail, isRest: false });
    isSkipping = true;
  };
  /** Leaves out bytes up to the border behind what is too large; answers whether it was found. */
  const skipOn = (): boolean => {
    const border = firstLineBorder(pending, length);
    isSkipping = border === undefined;
    if (border !== undefined) cut(border);
    else {
      // What a border may begin with stays, and no more, however long it goes on: the bracket and a line break.
      const last = Math.max(0, lastText(pending, length));
      const hasBreak = pending.subarray(last, length).includes(byte.newline);
      line += newlinesIn(pending, length) - (hasBreak ? 1 : 0);
      replace(
        Uint8Array.from(hasBreak ? [pending[last] ?? 0, byte.newline] : pending.subarray(last, last + 1)),
      );
    }
    return !isSkipping;
  };
  /** Nothing was found in as much as may be kept. */
  const giveUp = (): void => {
    const newline = pending.lastIndexOf(byte.newline, length - 1);
    if (newline === -1 || values.isInFirstValue) skip();
    else emit(newline + 1);
  };

  const work = (): void => {
    while (length >= chunkBytes) {
      if (isSkipping) {
        if (!skipOn()) return;
        continue;
      }
      const border = lastLineBorder(pending, searched, length) ?? values.follow(pending, length);
      if (border !== undefined) emit(border);
      else if (length > maxPending) giveUp();
      else {
        searched = Math.max(0, lastText(pending, length));
        return;
      }
    }
  };

  return {
    push(piece) {
      found = [];
      // Blanks between events are no part of one, however many there are: files have holes of zeros.
      const from = length === 0 ? skipSpace(piece, 0, piece.length) : 0;
      line += newlinesIn(piece, from);
      append(piece.subarray(from));
      work();
      return found;
    },
    finish() {
      found = [];
      if (isSkipping && length > 0) skipOn();
      if (!isSkipping && lastText(pending, length) >= 0) emit(length);
      return found;
    },
  };
}

/** The start of the last line in `from..to` that begins a value behind one that has ended. */
function lastLineBorder(bytes: Buffer, from: number, to: number): number | undefined {
  for (let at = lastText(bytes, to); at > from; ) {
    const newline = bytes.lastIndexOf(byte.newline, at);
    if (newline < from) return undefined;
    // All line breaks between two pieces of text have the same neighbours.
    at = lastText(bytes, newline);
    if (isClose(bytes[at]) && !goesOn(bytes[skipSpace(bytes, newline + 1, to)])) return newline + 1;
  }
  return undefined;
}

function firstLineBorder(bytes: Buffer, to: number): number | undefined {
  for (let newline = bytes.indexOf(byte.newline); newline !== -1 && newline < to; ) {
    const next = skipSpace(bytes, newline + 1, to);
    if (next < to && !goesOn(bytes[next]) && isClose(bytes[lastText(bytes, newline)])) return newline + 1;
    newline = bytes.indexOf(byte.newline, Math.max(newline + 1, next));
  }
  return undefined;
}

/** Follows brackets and strings from the start of a chunk, across calls. */
function createValueFollower() {
  let at = 0;
  let depth = 0;
  let isEnded = false;
  let hasEnded = false;
  let isBroken = false;

  return {
    /** True while the first value of the chunk has not ended. */
    get isInFirstValue() {
      return depth > 0 && !hasEnded && !isBroken;
    },
    /** Where the last value starts that follows another one on the same line; it is where the chunk may be cut. */
    follow(bytes: Uint8Array, to: number): number | undefined {
      let border: number | undefined;
      while (at < to && !isBroken) {
        const code = bytes[at] as number;
        if (code === byte.quote && depth > 0) {
          const end = stringEnd(bytes, at + 1, to);
          if (end === to) break;
          isBroken = bytes[end] === byte.newline;
          at = end + 1;
          continue;
        }
        if (isOpen(code)) {
          if (depth === 0 && isEnded) border = at;
          depth += 1;
          isEnded = false;
        } else if (isClose(code)) {
          depth -= 1;
          isEnded = depth === 0;
          hasEnded ||= isEnded;
          isBroken = depth < 0;
        } else if (depth === 0 && code > 0x20) isBroken = true;
        at += 1;
      }
      return border;
    },
  };
}

/** Position of the quote or the line break that ends a string; `to` when neither is there yet. */
function stringEnd(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    const code = bytes[at];
    if (code === byte.quote || code === byte.newline) return at;
    if (code === byte.backslash && bytes[at + 1] !== byte.newline) at += 1;
  }
  return to;
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] as number) <= 0x20) at += 1;
  return at;
}

/** Position of the last byte before `end` that is no white space; -1 when there is none. */
function lastText(bytes: Uint8Array, end: number): number {
  let at = end - 1;
  while (at >= 0 && (bytes[at] as number) <= 0x20) at -= 1;
  return at;
}

/** Line breaks in `bytes`, up to `to`. */
export function newlinesIn(bytes: Uint8Array, to = bytes.length): number {
  let count = 0;
  for (let at = bytes.indexOf(byte.newline); at !== -1 && at < to; at = bytes.indexOf(byte.newline, at + 1)) {
    count += 1;
  }
  return count;
}
