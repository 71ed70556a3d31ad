import { jsonByte } from './json-byte.ts';

/** `broken`: it does not end, a string holds a line break, or the next line starts another value. */
export type Ending = 'complete' | 'too_deep' | 'broken';

export interface ValueScanner {
  /** Where the value scanned last ended, or broke. */
  end: number;
  /** The bracket that went too deep in a value that was "too_deep". */
  deepAt: number;
  /** Scans the object or array that starts at `from`, at most up to `to`, by its brackets and strings alone. */
  scan(from: number, to?: number): Ending;
}

const { quote, backslash, newline, comma, colon, openObject, closeObject, openArray, closeArray } = jsonByte;

/** A scanner over one record. Without recursion: any depth costs no stack and no more time than its bytes. */
export function createValueScanner(bytes: Uint8Array, maxDepth: number): ValueScanner {
  const stack = new Uint8Array(maxDepth + 2);
  const scan = (from: number, to: number): Ending => {
    let depth = 0;
    let deep = false;
    let previous: number = colon;
    let startsLine = false;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number;
      if (byte <= 0x20) {
        if (byte === newline) startsLine = true;
        continue;
      }
      if (byte === quote) {
        at += 1;
        for (; at < to; at += 1) {
          const inside = bytes[at] as number;
          if (inside === quote) break;
          // Not past the end of the line: a line cut after a backslash must not take the next one with it.
          if (inside === backslash && bytes[at + 1] !== newline) at += 1;
          else if (inside === newline) {
            scanner.end = at;
            return 'broken';
          }
        }
        if (at >= to) break;
      } else if (byte === openObject || byte === openArray) {
        // A bracket that opens a line where no value may stand: the line before was cut short and this is the next event.
        if (startsLine && depth > 0 && depth <= maxDepth) {
          const inArray = stack[depth] === openArray;
          const fits = inArray ? previous === comma || previous === openArray : previous === colon;
          if (!fits) {
            scanner.end = at;
            return 'broken';
          }
        }
        depth += 1;
        if (depth <= maxDepth) stack[depth] = byte;
        else if (!deep) {
          deep = true;
          scanner.deepAt = at;
        }
      } else if (byte === closeObject || byte === closeArray) {
        depth -= 1;
        if (depth === 0) {
          scanner.end = at + 1;
          return deep ? 'too_deep' : 'complete';
        }
      }
      previous = byte;
      startsLine = false;
    }
    scanner.end = to;
    return 'broken';
  };

  const scanner: ValueScanner = { end: 0, deepAt: 0, scan: (from, to = bytes.length) => scan(from, to) };
  return scanner;
}
