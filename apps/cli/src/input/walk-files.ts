import { type Dir, opendirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../command-error.ts';
import { whyNot } from '../why-not.ts';

/** A file of a folder, by the name it was reached by and by the one it has without links. */
export interface WalkedFile {
  readonly path: string;
  readonly real: string;
}

export interface WalkOptions {
  /** Names of the files to take. */
  readonly name: RegExp;
  /** Gets the paths of files with other names. */
  onOther?(file: string): void;
  /** Gets the folders below the first one that cannot be read, and why; without it they end the walk. */
  onUnreadable?(folder: string, error: unknown): void;
  /** Gets one sentence for people when links lead nowhere, and one where what has such a name is no file; nothing else is left of them. */
  tell(sentence: string): void;
  /** Files, folders and links to look at, at most; 1,000,000 when left out. */
  readonly maxEntries?: number;
}

/**
 * The files below a folder at any depth, sorted by path. Links to files and folders are followed; each file and each folder is
 * taken once however many links lead to it, by its own name where that is below the folder. Folders whose names start with two
 * dots are passed over: there Kubernetes keeps the versions of a mounted volume, to which links with the plain names lead.
 * @throws {CommandError} when the folder cannot be read, or one in it and `onUnreadable` is missing, or there are more than `maxEntries`.
 */
export function walkFiles(folder: string, options: WalkOptions): WalkedFile[] {
  const { name, tell, onOther, onUnreadable, maxEntries = 1_000_000 } = options;
  const files = new Map<string, string>();
  const seen = new Set<string>();
  const fileLinks: WalkedFile[] = [];
  const folderLinks: WalkedFile[] = [];
  const broken: string[] = [];
  const special: string[] = [];
  let entries = 0;

  function look(top: WalkedFile): void {
    const waiting = [top];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at.real)) continue;
      seen.add(at.real);
      const skip = at.path === folder ? undefined : onUnreadable;
      for (const entry of entriesOf(at.path, skip)) {
        entries += 1;
        if (entries > maxEntries)
          throw new CommandError(
            `${folder} holds more than ${maxEntries} files: name fewer folders at a time.`,
          );
        const found = { path: path.join(at.path, entry.name), real: path.join(at.real, entry.name) };
        if (entry.isSymbolicLink()) follow(found.path, entry.name);
        else if (entry.isFile()) {
          if (name.test(entry.name)) files.set(found.real, found.path);
          else onOther?.(found.path);
        } else if (entry.isDirectory()) {
          if (!isVersions(entry.name)) waiting.push(found);
        } else if (name.test(entry.name)) special.push(found.path);
      }
    }
  }

  function follow(link: string, called: string): void {
    if (isVersions(called)) return;
    try {
      const stats = statSync(link);
      if (stats.isDirectory()) folderLinks.push({ path: link, real: realpathSync(link) });
      else if (name.test(called)) {
        if (stats.isFile()) fileLinks.push({ path: link, real: realpathSync(link) });
        else special.push(link);
      }
    } catch {
      broken.push(link);
    }
  }

  look({ path: folder, real: realPath(folder) });
  // Links come last, so that what has a name of its own here goes by that; sorted, so that one of several links is always taken.
  while (folderLinks.length > 0) for (const link of folderLinks.splice(0).sort(byPath)) look(link);
  for (const link of fileLinks.sort(byPath)) if (!files.has(link.real)) files.set(link.real, link.path);
  if (broken.length > 0)
    tell(
      broken.length === 1
        ? `${broken[0]} is a link that leads nowhere: it is left out.`
        : `${broken.length} links in ${folder} lead nowhere, e.g. ${broken.sort((one, other) => (one < other ? -1 : 1))[0]}: they are left out.`,
    );
  if (special.length > 0)
    tell(
      special.length === 1
        ? `${special[0]} is a pipe or a device: it is left out.`
        : `${special.length} pipes and devices in ${folder} are left out, e.g. ${special.sort((one, other) => (one < other ? -1 : 1))[0]}.`,
    );
  return Array.from(files, ([real, at]) => ({ path: at, real })).sort(byPath);
}

/** A path without links; as it is, but whole, where there is nothing. */
export function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

function* entriesOf(folder: string, onUnreadable: WalkOptions['onUnreadable']) {
  let opened: Dir | undefined;
  try {
    opened = opendirSync(folder);
    for (;;) {
      const entry = opened.readSync();
      if (entry === null) return;
      yield entry;
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (onUnreadable === undefined)
      throw new CommandError(`${folder} cannot be read: ${whyNot(error)}`, { cause: error });
    onUnreadable(folder, error);
  } finally {
    opened?.closeSync();
  }
}

const isVersions = (name: string): boolean => name.startsWith('..');

const byPath = (one: WalkedFile, other: WalkedFile): number => (one.path < other.path ? -1 : 1);
