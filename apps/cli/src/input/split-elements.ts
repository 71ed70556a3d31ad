/** Events of a file whose events are counted from 0, such as the elements of a JSON array. */
export type ElementRun =
  | {
      readonly kind: 'elements';
      /** The text of a JSON array of these elements; its memory is used by nothing else. */
      readonly bytes: Uint8Array;
      /** Index of the first one. */
      readonly first: number;
      readonly count: number;
    }
  | {
      readonly kind: 'refused';
      readonly first: number;
      readonly reason: 'too_large' | 'invalid_json';
      readonly detail: string;
      /** Whether it is all that was left of the file: nothing tells where its next event starts. */
      readonly isRest: boolean;
    };

/** Cuts JSON text into elements as it comes, without parsing them. */
export interface ElementSplitter {
  /** Takes the next bytes and answers the runs that are complete. */
  push(piece: Uint8Array): ElementRun[];
  /** Answers what is left; to be called once, at the end of the text. */
  finish(): ElementRun[];
}

export interface ElementLimits {
  /** A run ends with the element that makes it at least this large; 0: each element is a run of its own. */
  readonly runBytes: number;
  /** Larger elements are refused, and never kept as a whole. */
  readonly maxElementBytes: number;
}

const byte = {
  newline: 0x0a,
  quote: 0x22,
  comma: 0x2c,
  open: 0x5b,
  backslash: 0x5c,
  close: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
};

/** CloudTrail's wrapper, without the white space that may stand before `"`, `:` and `[`. */
const wrapper = Buffer.from('{"Records":[');
const mayFollowSpace = new Set([0, 1, 10, 11]);

/**
 * Whether text that starts like this holds a JSON array of objects, bare or as `{"Records": [...]}`. A bracket before anything else begins a line
 * of its own, such as `[2026-01-15 10:00:00] started`.
 */
export function startsWithArray(head: Uint8Array): boolean {
  const [first, second] = head.filter((code) => code > 0x20);
  if (first === byte.open) return second === undefined || second === byte.openBrace || second === byte.close;
  return wrapperBytes(head) === wrapper.length;
}

/** Whether this may still become a wrapper, or is none. */
function isWrapperStart(head: Uint8Array): boolean {
  const matched = wrapperBytes(head);
  return matched > 0 && matched < wrapper.length;
}

/** How many bytes of the wrapper the text starts with; 0 when it starts otherwise. */
function wrapperBytes(head: Uint8Array): number {
  let matched = 0;
  for (const code of head) {
    if (code <= 0x20 && mayFollowSpace.has(matched)) continue;
    if (code !== wrapper[matched]) return 0;
    matched += 1;
    if (matched === wrapper.length) break;
  }
  return matched;
}

/** Bytes that may be looked at to tell a wrapper from an event. */
const maxProbe = 256;

/**
 * Splits JSON arrays, also several one after another and in the form `{"Records": [...]}`, and objects between them, into
 * runs of elements. It looks at brackets and strings only. Where an array breaks, the rest of the text is one refusal:
 * nothing tells where its next element starts.
 */
export function createElementSplitter(limits: ElementLimits): ElementSplitter {
  const run = createRun(limits);
  let depth = 0;
  /** Depth at which elements stand: 0 between arrays, 1 in an array, 2 in a wrapped one. */
  let base = 0;
  let inString = false;
  let escaped = false;
  /** The start of an object that may turn out to be a wrapper. */
  let probe: number[] = [];
  /** Behind a wrapped array, up to the bracket that closes the wrapper. */
  let trailer: 'none' | 'blank' | 'filled' = 'none';
  let broken = false;

  const breakOff = (detail: string): void => {
    run.drop();
    run.refuse('invalid_json', detail, true);
    broken = true;
  };
  /** Takes one byte of the start of an object, until it is known to be a wrapper or an event. */
  const probeOn = (code: number): void => {
    probe.push(code);
    const text = Buffer.from(probe);
    if (probe.length < maxProbe && isWrapperStart(text)) return;
    probe = [];
    if (startsWithArray(text)) {
      base = 2;
      depth = 2;
    } else scan(text, false);
  };
  /** A closing bracket outside of strings. */
  const close = (piece: Uint8Array, from: number, at: number): void => {
    const isBrace = piece[at] === byte.closeBrace;
    if (depth === 0 || (depth === base && isBrace)) {
      breakOff('The JSON array breaks at a bracket that closes nothing; the rest of the file was not read.');
      return;
    }
    depth -= 1;
    if (trailer !== 'none') {
      if (depth > 0) return;
      if (trailer === 'filled')
        run.refuse('invalid_json', 'Something follows the "Records" array in its object.');
      trailer = 'none';
    } else if (base > 0 && depth === base - 1) {
      run.keep(piece.subarray(from, at));
      run.endElement();
      if (base === 2) trailer = 'blank';
      base = 0;
    } else if (depth === 0) {
      run.keep(piece.subarray(from, at + 1));
      run.endElement();
    }
  };

  function scan(piece: Uint8Array, mayProbe: boolean): void {
    let from = 0;
    for (let at = 0; at < piece.length && !broken; at += 1) {
      let code = piece[at] as number;
      if (inString) {
        for (; at < piece.length; at += 1) {
          code = piece[at] as number;
          if (code === byte.newline) {
            breakOff('A string of the JSON array holds a line break; the rest of the file was not read.');
            return;
          }
          if (escaped) escaped = false;
          else if (code === byte.backslash) escaped = true;
          else if (code === byte.quote) break;
        }
        if (at < piece.length) inString = false;
        continue;
      }
      if (probe.length > 0) {
        probeOn(code);
        from = at + 1;
        continue;
      }
      if (code <= 0x20) continue;
      if (trailer === 'blank' && code !== byte.closeBrace) trailer = 'filled';
      if (code === byte.open || code === byte.openBrace) {
        if (depth === 0) {
          if (code === byte.openBrace && mayProbe) {
            probe = [code];
            continue;
          }
          from = code === byte.open ? at + 1 : at;
          base = code === byte.open ? 1 : 0;
        }
        depth += 1;
      } else if (code === byte.close || code === byte.closeBrace) close(piece, from, at);
      else if (depth === 0)
        breakOff('Something that is no JSON object stands between the JSON arrays; the rest was not read.');
      else if (code === byte.quote) inString = true;
      else if (code === byte.comma && depth === base) {
        run.keep(piece.subarray(from, at));
        run.endElement();
        from = at + 1;
      }
    }
    if (!broken && depth > 0 && trailer === 'none') run.keep(piece.subarray(from));
  }

  return {
    push(piece) {
      scan(piece, true);
      return run.take();
    },
    finish() {
      // An element in which nothing is open may be whole.
      if (depth > 0 && depth === base && !inString) run.endElement();
      if (!broken && (depth > 0 || probe.length > 0)) breakOff('The file ends inside its JSON array.');
      run.end();
      return run.take();
    },
  };
}

/** Collects the bytes of elements into runs. */
function createRun(limits: ElementLimits) {
  let found: ElementRun[] = [];
  let out = Buffer.allocUnsafeSlow(0);
  /** Bytes of `out` in use; the first one is kept for the bracket. */
  let length = 1;
  /** Where the element that is being read starts in `out`. */
  let elementAt = 1;
  let count = 0;
  let first = 0;
  let index = 0;
  /** Bytes of an element that were not kept, because it is too large. */
  let oversize = 0;

  const end = (): void => {
    if (count > 0) {
      // The comma behind the last element becomes the closing bracket.
      out[0] = byte.open;
      out[elementAt - 1] = byte.close;
      found.push({ kind: 'elements', bytes: out.subarray(0, elementAt), first, count });
      out = Buffer.allocUnsafeSlow(0);
    }
    length = 1;
    elementAt = 1;
    count = 0;
    first = index;
  };
  const refuse = (reason: 'too_large' | 'invalid_json', detail: string, isRest = false): void => {
    end();
    found.push({ kind: 'refused', first: index, reason, detail, isRest });
    index += 1;
    first = index;
  };

  return {
    end,
    refuse,
    keep(part: Uint8Array): void {
      if (oversize > 0 || length - elementAt + part.length > limits.maxElementBytes) {
        oversize += part.length;
        return;
      }
      const needed = length + part.length + 1;
      if (needed > out.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(needed + 256, 2 * out.length, limits.runBytes));
        grown.set(out.subarray(0, length));
        out = grown;
      }
      out.set(part, length);
      length += part.length;
    },
    /** Forgets the element that is being read. */
    drop(): void {
      length = elementAt;
      oversize = 0;
    },
    endElement(): void {
      if (oversize > 0) {
        const bytes = length - elementAt + oversize;
        oversize = 0;
        refuse('too_large', `The event has ${bytes} bytes; at most ${limits.maxElementBytes} are taken.`);
      } else if (isBlank(out.subarray(elementAt, length))) length = elementAt;
      else {
        out[length] = byte.comma;
        length += 1;
        elementAt = length;
        count += 1;
        index += 1;
        if (length >= limits.runBytes) end();
      }
    },
    take(): ElementRun[] {
      const runs = found;
      found = [];
      return runs;
    },
  };
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((code) => code <= 0x20);
