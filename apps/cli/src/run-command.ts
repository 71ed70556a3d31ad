import { ConfigError } from '@parapet/service';
import { CommanderError } from 'commander';
import { CommandError, type ExitCode, ExitSignal, exitCodes, messageOf } from './command-error.ts';
import type { CommandContext } from './commands/context.ts';
import { createProgram } from './program.ts';

/** Runs one command line to its end and answers the exit code. People get sentences; stack traces only with PARAPET_DEBUG. */
export async function runCommand(
  context: CommandContext,
  args: readonly string[],
  version: string,
): Promise<ExitCode> {
  try {
    const program = await createProgram(context, args, version);
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return explain(error, context);
  }
}

function explain(error: unknown, { terminal, signal, env }: CommandContext): ExitCode {
  if (error instanceof ExitSignal) return error.exitCode;
  // commander has printed what is wrong, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (signal.aborted && !(error instanceof CommandError)) return exitCodes.interrupted;
  terminal.note(`${terminal.style.red('parapet:')} ${messageOf(error)}`);
  if (env['PARAPET_DEBUG']) terminal.note(stackOf(error));
  else if (!isExpected(error))
    terminal.note('Run it again with PARAPET_DEBUG=1 to see where that came from.');
  if (error instanceof ConfigError) return exitCodes.config;
  return error instanceof CommandError ? error.exitCode : exitCodes.failed;
}

const isExpected = (error: unknown) => error instanceof CommandError || error instanceof ConfigError;

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
