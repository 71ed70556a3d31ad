import { runCommand } from '../run-command.ts';
import { createTerminal } from '../terminal/terminal.ts';

export interface RunningCommand {
  /** Exit code, when it has ended. */
  readonly ended: Promise<number>;
  out(): string;
  err(): string;
  /** Resolves when its output, standard or error, has something. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** What Ctrl-C does. */
  interrupt(): void;
}

/** One command line of `parapet` in this process, with what it writes kept. */
export function runInProcess(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>> },
): RunningCommand {
  const env = options.env ?? {};
  const written = { out: '', err: '' };
  const waiting = new Set<() => void>();
  const stopping = new AbortController();
  const stream = (name: 'out' | 'err') => ({
    write(text: string | Uint8Array) {
      written[name] += String(text);
      for (const look of waiting) look();
      return true;
    },
  });
  const ended = runCommand(
    {
      terminal: createTerminal({ out: stream('out'), err: stream('err'), env }),
      env,
      cwd: options.cwd,
      signal: stopping.signal,
      startedAt: performance.now(),
    },
    args,
    '1.2.3',
  );
  return {
    ended,
    out: () => written.out,
    err: () => written.err,
    interrupt: () => stopping.abort(),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(written.out) ?? pattern.exec(written.err);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        ended.then(() => {
          look();
          reject(new Error(`ended without saying ${pattern}:\n${written.out}\n${written.err}`));
        }, reject);
      }),
  };
}
