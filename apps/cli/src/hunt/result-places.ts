import { statSync } from 'node:fs';
import path from 'node:path';
import { CommandError, exitCodes } from '../command-error.ts';
import { realPath } from '../input/walk-files.ts';

/** A path of the command line, and what it is there: `--output`, `--expect`, "what is looked at". */
export interface NamedPath {
  readonly path: string;
  readonly role: string;
}

/**
 * Refuses results that would be put in place of something that is read, or of each other, by whatever spelling or link.
 * Devices and pipes, and things within a folder that is read, may be named by both.
 * @throws {CommandError} with the exit code of a wrong command line.
 */
export function requireOwnPlaces(results: readonly NamedPath[], read: readonly NamedPath[]): void {
  const taken = new Map(read.map((one) => [placeOf(one.path), one]));
  for (const result of results) {
    if (!isFileOrNothing(result.path)) continue;
    const place = placeOf(result.path);
    const other = taken.get(place);
    if (other !== undefined)
      throw new CommandError(
        `${result.role} names ${result.path}, which ${other.role} names too: it would be overwritten. Name another file for ${result.role}.`,
        { exitCode: exitCodes.usage },
      );
    taken.set(place, result);
  }
}

/** Where a file is or would be, without links. */
function placeOf(file: string): string {
  const whole = realPath(file);
  return whole === path.resolve(file)
    ? path.join(realPath(path.dirname(whole)), path.basename(whole))
    : whole;
}

function isFileOrNothing(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  } catch {
    // Whoever opens it says what is wrong.
    return false;
  }
}
