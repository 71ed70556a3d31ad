import { type ChildProcess, spawn } from 'node:child_process';
import { exitCodes } from '@parapet/service';
import { createLogReader, type LogProblem } from './log-reader.ts';
import { FatalStartError, type Member, type MemberExit, type RunningMember } from './member.ts';
import { openRotatingLog } from './rotating-log.ts';

export interface ChildOptions {
  readonly name: string;
  /** The TypeScript file that Node runs. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  onProblem(problem: LogProblem): void;
  /** How long the start may take. @default 60000 */
  readonly readyMs?: number;
  /** How long it may take to end in order before it is killed. @default 20000 */
  readonly stopMs?: number;
}

/**
 * A member that is a Node process of its own, started with an IPC channel: it says over it when it is ready, and ends by
 * itself when the channel closes because we are gone. It gets a session of its own, so that a Ctrl-C in the terminal
 * reaches only us and the parts are stopped in order.
 */
export function childProcess(options: ChildOptions): Member {
  return {
    name: options.name,
    async launch(signal) {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', options.entry], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
        env: options.env,
      });
      const log = openRotatingLog(options.logFile);
      let ready = false;
      const reader = createLogReader((problem) => {
        // What is fatal before it is ready is told once: as the reason why it did not start.
        if (ready || problem.level !== 'fatal') options.onProblem(problem);
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          log.write(chunk);
          reader.push(chunk);
        });
      }
      const exited = waitForExit(child).finally(() => log.close());
      const stop = () => stopChild(child, exited, options.stopMs ?? 20_000);
      try {
        await waitUntilReady(child, exited, options.readyMs ?? 60_000, signal);
      } catch (error) {
        if (!(error instanceof EarlyExit)) await stop();
        throw toStartError(options, error, reader.lastWords());
      }
      ready = true;
      return toRunning(child, exited, stop);
    },
  };
}

class EarlyExit extends Error {
  readonly exit: MemberExit;

  constructor(exit: MemberExit) {
    super(`it ended with ${exit.signal ?? `code ${exit.code}`} before it was ready`);
    this.exit = exit;
  }
}

function toStartError(options: ChildOptions, error: unknown, lastWords: string | undefined): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${options.name} did not start: ${reason}${lastWords ? `\n${lastWords}` : ''}\nLog: ${options.logFile}`;
  return error instanceof EarlyExit && error.exit.code === exitCodes.config
    ? new FatalStartError(message)
    : new Error(message, { cause: error });
}

function toRunning(
  child: ChildProcess,
  exited: Promise<MemberExit>,
  stop: () => Promise<void>,
): RunningMember {
  if (child.pid === undefined) throw new Error('a process that is ready has an id');
  return { pid: child.pid, exited, stop };
}

function waitForExit(child: ChildProcess): Promise<MemberExit> {
  return new Promise((resolve) => {
    child.on('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: 'a failure to start the process' });
    });
    // Not 'exit': the last words may still be in the pipes. A grandchild that keeps them open must not hold us for long.
    child.on('close', (code, signal) => resolve({ code, signal }));
    child.on('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 1000).unref());
  });
}

async function waitUntilReady(
  child: ChildProcess,
  exited: Promise<MemberExit>,
  readyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(readyMs), done.signal]);
  try {
    await Promise.race([
      new Promise<void>((resolve) => {
        child.on('message', (message: unknown) => {
          if ((message as { type?: unknown } | null)?.type === 'ready') resolve();
        });
      }),
      exited.then((exit) => {
        throw new EarlyExit(exit);
      }),
      new Promise<never>((_, reject) => {
        deadline.addEventListener('abort', () =>
          reject(
            new Error(signal.aborted ? 'it was stopped' : `it was not ready within ${readyMs / 1000} s`),
          ),
        );
      }),
    ]);
  } finally {
    done.abort();
  }
}

async function stopChild(child: ChildProcess, exited: Promise<MemberExit>, stopMs: number): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exited;
  clearTimeout(force);
}
