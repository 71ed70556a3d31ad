/** Something in a child's output that a person should see: an error, or what its log marks with `notice: true`. */
export interface LogProblem {
  readonly level: string;
  readonly message: string;
}

export interface LogReader {
  push(chunk: Buffer): void;
  /** Why a process died, as far as it said: the fatal entry and the last lines that are no entries, or else the last problem. */
  lastWords(): string | undefined;
}

const maxLine = 64 * 1024;

/** Watches the output of a child: JSON log lines of level error and fatal, and notices, are told; plain lines are kept as last words. */
export function createLogReader(onProblem: (problem: LogProblem) => void): LogReader {
  let rest = '';
  let plain: string[] = [];
  let problem: string | undefined;
  let fatal: string[] = [];

  function line(text: string): void {
    if (text.trim() === '') return;
    const found = parseProblem(text);
    if (found) {
      if (isFault(found.level)) problem = found.message;
      if (found.level === 'fatal') fatal = [found.message];
      onProblem(found);
    } else if (!text.startsWith('{')) {
      plain = [...plain, text].slice(-8);
    }
  }

  return {
    push(chunk) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(0, maxLine);
      lines.forEach(line);
    },
    lastWords() {
      const words = [...fatal, ...plain];
      return words.length > 0 ? words.join('\n') : problem;
    },
  };
}

interface Entry {
  readonly level: string;
  readonly notice?: boolean;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

const isFault = (level: string): boolean => level === 'error' || level === 'fatal';

function parseProblem(text: string): LogProblem | undefined {
  if (!/"level":"(error|fatal)"|"notice":true/.test(text)) return undefined;
  try {
    const entry = JSON.parse(text) as Entry;
    if (!isFault(entry.level) && entry.notice !== true) return undefined;
    const message = [entry.msg, entry.err?.message].filter((part) => part !== undefined).join(': ');
    return { level: entry.level, message };
  } catch {
    return undefined;
  }
}
