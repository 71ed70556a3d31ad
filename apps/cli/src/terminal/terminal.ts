import { stripVTControlCharacters } from 'node:util';
import { createStyle, type Style, wantsColour } from './style.ts';

/** What commands say to people. Results go to standard output, everything else (progress, notes) to standard error. */
export interface Terminal {
  readonly style: Style;
  /** A line of the command's result. */
  print(line?: string): void;
  /** A line about what is going on. */
  note(line: string): void;
  /**
   * A line that the next one replaces; on something that is not a terminal, printed at most every five seconds, but always
   * when it is the last one.
   */
  progress(line: string, isLast?: boolean): void;
}

type Stream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean | undefined };

const plainProgressMs = 5000;

export function createTerminal(options: {
  readonly out: Stream;
  readonly err: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
}): Terminal {
  const { out, err, env, now = () => performance.now() } = options;
  const style = createStyle(wantsColour(out, env) && wantsColour(err, env));
  const live = err.isTTY === true && env['TERM'] !== 'dumb';
  let shown = false;
  let lastPlain = Number.NEGATIVE_INFINITY;

  function clear(): void {
    if (shown) err.write('\r\u001b[2K');
    shown = false;
  }

  return {
    style,
    print(line = '') {
      clear();
      out.write(`${line}\n`);
    },
    note(line) {
      clear();
      err.write(`${line}\n`);
    },
    progress(line, isLast = false) {
      if (live) {
        clear();
        err.write(line);
        shown = true;
      } else if (isLast || now() - lastPlain >= plainProgressMs) {
        lastPlain = now();
        err.write(`${line}\n`);
      }
    },
  };
}

/**
 * Text from an event, made safe to print: control characters, which could move the cursor or change the title of a
 * terminal, become `?`, and long text is cut.
 */
export function printable(text: string, maxLength = 200): string {
  const safe = stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?');
  return safe.length > maxLength ? `${safe.slice(0, maxLength - 1)}…` : safe;
}
