import path from 'node:path';
import { CommandError } from '../command-error.ts';
import { plural } from '../terminal/plural.ts';
import { printable } from '../terminal/terminal.ts';
import { inspectInput } from './inspect-input.ts';
import { realPath, walkFiles } from './walk-files.ts';

/** Also as programs that rotate logs call them: `eve.json.1`, `audit.log.2.gz`, `app.log-20260115.gz`. */
const eventFile = /\.(json|ndjson|jsonl|log)([.-]\d{1,14})?(\.(gz|zst))?$/i;

/** The same for people. */
export const eventFiles = '.json, .ndjson, .jsonl or .log, also rotated as .log.1, also with .gz or .zst';

/**
 * The files that `paths` name: files as given, of folders every event file in them at any depth (see `walkFiles`), sorted by
 * path. `except` are files to leave out of folders (by any path to them); `tell` gets what people should know; `onUnreadable` gets the
 * folders below a folder that cannot be read.
 * @throws {CommandError} when a path cannot be read, is neither file nor folder, or a folder holds no event file.
 */
export function listCaptures(
  paths: readonly string[],
  options: {
    readonly except?: readonly string[];
    tell(sentence: string): void;
    onUnreadable?(folder: string, error: unknown): void;
  },
): string[] {
  const leftOut = new Set((options.except ?? []).map(realPath));
  return paths.flatMap((given) => {
    if (inspectInput(given) !== 'folder') return [given];
    const others: string[] = [];
    const { onUnreadable } = options;
    let areMissing = false;
    const files = walkFiles(given, {
      name: eventFile,
      tell: options.tell,
      onOther: (other) => others.push(other),
      ...(onUnreadable === undefined
        ? {}
        : {
            onUnreadable(folder: string, error: unknown) {
              areMissing = true;
              onUnreadable(folder, error);
            },
          }),
    })
      .filter(({ real }) => !leftOut.has(real))
      .map((file) => file.path);
    if (files.length === 0 && !areMissing) {
      throw new CommandError(
        `${given} holds no event files (${eventFiles}): name a folder or file that does.`,
      );
    }
    tellOthers(given, others, options.tell);
    return files;
  });
}

/** Says what of a folder is not read because of its name. Files of names that begin with a dot are no events of anybody. */
function tellOthers(folder: string, others: readonly string[], tell: (sentence: string) => void): void {
  const named = others.filter((file) => !path.basename(file).startsWith('.')).sort();
  const [first] = named;
  if (first === undefined) return;
  tell(
    `${plural(named.length, 'file')} in ${folder} passed over by name, e.g. ${printable(path.basename(first))}: of a folder only ${eventFiles} are read. Name others one by one.`,
  );
}
