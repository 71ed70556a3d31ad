import { readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../command-error.ts';
import { whyNot } from '../why-not.ts';

const eventFile = /\.(json|ndjson|jsonl|log)(\.(gz|zst))?$/i;

const maxEntries = 1_000_000;

/**
 * The files that `paths` name: files as given, of folders every event file in them at any depth, sorted by path.
 * `except` are files to leave out of folders (by any path to them).
 * @throws {CommandError} when a path cannot be read or a folder holds no event file.
 */
export function listCaptures(paths: readonly string[], except: readonly string[] = []): string[] {
  const leftOut = new Set(except.map(realPath));
  return paths.flatMap((given) => {
    const stats = inspect(given);
    if (!stats.isDirectory()) return [given];
    const entries = readdirSync(given, { recursive: true, withFileTypes: true });
    if (entries.length > maxEntries)
      throw new CommandError(`${given} holds more than ${maxEntries} files: name fewer folders at a time.`);
    const files = entries
      .filter((entry) => entry.isFile() && eventFile.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => !leftOut.has(realPath(file)))
      .sort();
    if (files.length === 0) {
      throw new CommandError(
        `${given} holds no event files (.json, .ndjson, .jsonl or .log, also with .gz or .zst): name a folder or file that does.`,
      );
    }
    return files;
  });
}

function inspect(file: string) {
  try {
    return statSync(file);
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${whyNot(error)}`, { cause: error });
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}
