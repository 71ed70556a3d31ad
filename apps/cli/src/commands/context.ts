import path from 'node:path';
import type { Terminal } from '../terminal/terminal.ts';

/** What a command gets from the process it runs in. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths on the command line start from. */
  readonly cwd: string;
  /** Aborted at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** When the process began, on the clock of `performance.now()`. */
  readonly startedAt: number;
}

/** A path of the command line, relative to where the user is (npm changes the folder before it runs a script). */
export function resolvePath(context: CommandContext, given: string): string {
  return path.resolve(context.env['PARAPET_INVOKED_FROM'] ?? context.cwd, given);
}

/** The folder that `parapet up` keeps everything in. */
export function dataDirOf(context: CommandContext, given: string | undefined): string {
  const chosen = given ?? context.env['PARAPET_DATA_DIR'];
  return chosen === undefined || chosen === ''
    ? path.resolve(context.cwd, '.parapet')
    : resolvePath(context, chosen);
}
