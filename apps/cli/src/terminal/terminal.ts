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
  const coloured = wantsColour(out, env) && wantsColour(err, env);
  const style = createStyle(coloured);
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
      // Results may be JSON, which escapes all control characters but these few: they are data.
      out.write(`${withoutControls(line, { coloured, keep: /[\n\t\u007f-\u009f]/ })}\n`);
    },
    note(line) {
      clear();
      err.write(`${withoutControls(line, { coloured, keep: /[\n\t]/ })}\n`);
    },
    progress(line, isLast = false) {
      if (live) {
        clear();
        err.write(withoutControls(line, { coloured, keep: /[\n\t]/ }));
        shown = true;
      } else if (isLast || now() - lastPlain >= plainProgressMs) {
        lastPlain = now();
        err.write(`${withoutControls(line, { coloured, keep: /[\n\t]/ })}\n`);
      }
    },
  };
}

/** What a style of this program begins or ends with, behind the escape character. */
const styleCode = /^\[(?:[012]|3[1236]|1;97;41)m/;

/**
 * A line without what could move the cursor or name a window: names of files and texts of rules may hold it. The colours of this
 * program stay.
 */
function withoutControls(
  line: string,
  { coloured, keep }: { readonly coloured: boolean; readonly keep: RegExp },
): string {
  return line.replaceAll(/\p{Cc}/gu, (control, at: number) => {
    const isStyle = coloured && control === '\u001b' && styleCode.test(line.slice(at + 1, at + 10));
    return isStyle || keep.test(control) ? control : '?';
  });
}

/**
 * Text from an event, made safe to print: control characters, which could move the cursor or change the title of a
 * terminal, become `?`, and long text is cut.
 */
export function printable(text: string, maxLength = 200): string {
  const safe = stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?');
  return safe.length > maxLength ? `${safe.slice(0, maxLength - 1)}…` : safe;
}
