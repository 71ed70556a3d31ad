/** Finds the elements of one JSON array in a stream of bytes, without parsing them. */
export interface ArraySplitter {
  /** Takes the next bytes and answers the elements that are complete. */
  push(chunk: Uint8Array): Buffer[];
  /** True when the array's closing bracket was seen. */
  readonly done: boolean;
}

const byte = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  open: 0x5b,
  close: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
};

/**
 * @throws {RangeError} from `push` when an element is larger than `maxBytes`.
 */
export function createArraySplitter(maxBytes: number): ArraySplitter {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let parts: Buffer[] = [];
  let size = 0;
  let done = false;

  function keep(part: Uint8Array): void {
    if (part.length === 0) return;
    size += part.length;
    if (size > maxBytes) throw new RangeError(`an element is larger than ${maxBytes} bytes`);
    parts.push(Buffer.from(part));
  }

  function take(found: Buffer[]): void {
    const element = trimmed(Buffer.concat(parts));
    if (element.length > 0) found.push(element);
    parts = [];
    size = 0;
  }

  function isEnd(code: number): boolean {
    if (code === byte.quote) inString = true;
    else if (code === byte.open || code === byte.openBrace) depth++;
    else if (code === byte.close || code === byte.closeBrace) {
      depth--;
      if (depth === 0) done = true;
    }
    return depth === 0 || (depth === 1 && code === byte.comma);
  }

  return {
    get done() {
      return done;
    },
    push(chunk) {
      const found: Buffer[] = [];
      let from = 0;
      for (let index = 0; index < chunk.length && !done; index++) {
        const code = chunk[index] ?? 0;
        if (inString) {
          if (escaped) escaped = false;
          else if (code === byte.backslash) escaped = true;
          else if (code === byte.quote) inString = false;
          continue;
        }
        if (depth === 0) {
          // Everything before the array's own bracket is white space: the caller has looked.
          if (code === byte.open) depth = 1;
          from = index + 1;
          continue;
        }
        if (isEnd(code)) {
          keep(chunk.subarray(from, index));
          take(found);
          from = index + 1;
        }
      }
      if (!done && depth > 0) keep(chunk.subarray(from));
      return found;
    },
  };
}

function trimmed(element: Buffer): Buffer {
  let from = 0;
  let to = element.length;
  while (from < to && (element[from] ?? 0) <= 0x20) from++;
  while (to > from && (element[to - 1] ?? 0) <= 0x20) to--;
  return element.subarray(from, to);
}
