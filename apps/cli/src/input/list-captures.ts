import { CommandError } from '../command-error.ts';
import { inspectInput } from './inspect-input.ts';
import { realPath, walkFiles } from './walk-files.ts';

const eventFile = /\.(json|ndjson|jsonl|log)(\.(gz|zst))?$/i;

/**
 * The files that `paths` name: files as given, of folders every event file in them at any depth (see `walkFiles`), sorted by
 * path. `except` are files to leave out of folders (by any path to them); `tell` gets what people should know.
 * @throws {CommandError} when a path cannot be read, is neither file nor folder, or a folder holds no event file.
 */
export function listCaptures(
  paths: readonly string[],
  options: { readonly except?: readonly string[]; tell(sentence: string): void },
): string[] {
  const leftOut = new Set((options.except ?? []).map(realPath));
  return paths.flatMap((given) => {
    if (inspectInput(given) !== 'folder') return [given];
    const files = walkFiles(given, { name: eventFile, tell: options.tell })
      .filter(({ real }) => !leftOut.has(real))
      .map(({ path }) => path);
    if (files.length === 0) {
      throw new CommandError(
        `${given} holds no event files (.json, .ndjson, .jsonl or .log, also with .gz or .zst): name a folder or file that does.`,
      );
    }
    return files;
  });
}
