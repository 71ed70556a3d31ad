import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ParsedPlaceholders, parsePlaceholders } from '@parapet/sigma';
import { CommandError, exitCodes } from '../command-error.ts';
import { type CommandContext, resolvePath } from '../commands/context.ts';
import { neitherFileNorFolder } from '../input/inspect-input.ts';
import { printable } from '../terminal/terminal.ts';
import { whyNot } from '../why-not.ts';

/** What `%name%` stands for in rules with the modifier `expand`. */
export type Placeholders = ParsedPlaceholders['placeholders'];

/**
 * The placeholders of the file that --placeholders names, else of the one that a processor started here would read
 * (PLACEHOLDERS_FILE, from the folder of the process); none when neither names one.
 * @throws {CommandError} when the file cannot be read, or with the place of everything in it that cannot be used.
 */
export function readPlaceholders(context: CommandContext, given?: string): Placeholders {
  const named = context.env['PLACEHOLDERS_FILE'] || undefined;
  const fromEnv = named === undefined ? undefined : path.resolve(context.cwd, named);
  const file = given === undefined ? fromEnv : resolvePath(context, given);
  if (file === undefined) return {};
  const exitCode = given === undefined ? exitCodes.config : exitCodes.usage;
  const { placeholders, errors } = parsePlaceholders(readText(file, given === undefined));
  if (errors.length === 0) return placeholders;
  const places = errors.map(
    ({ line, column, message }) => `\n${file}:${line}:${column}: ${printable(message, 500)}`,
  );
  throw new CommandError(`The placeholders in ${file} cannot be used:${places.join('')}`, { exitCode });
}

function readText(file: string, isFromEnv: boolean): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile() && !stats.isDirectory()) throw new Error(neitherFileNorFolder);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      `The placeholders in ${file}, which ${isFromEnv ? 'PLACEHOLDERS_FILE' : '--placeholders'} names, cannot be read: ${whyNot(error)}`,
      { cause: error, exitCode: isFromEnv ? exitCodes.config : exitCodes.usage },
    );
  }
}
