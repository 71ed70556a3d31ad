import { statSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { openInput } from '../input/inspect-input.ts';
import { listCaptures } from '../input/list-captures.ts';

/** Something to hunt in: a file, or standard input. */
export interface HuntInput {
  /** What results call it: its path within the folder that was given, else its base name; unique among the inputs. */
  readonly name: string;
  /** Bytes as stored; undefined for standard input and other things without a size. */
  readonly size: number | undefined;
  open(): Readable;
}

/**
 * The inputs that paths name, in order, each file once; `-` and `/dev/stdin` are `stdin`. Names are those of the corpus's lists of matches:
 * base names, with the folders below the one that was given. A folder in it that cannot be read is an input that cannot be opened, so that
 * the hunt goes on and says so.
 * @throws {CommandError} when a path cannot be read or a folder holds no event file.
 */
export function listInputs(
  given: readonly string[],
  options: {
    readonly except: readonly string[];
    readonly stdin: Readable;
    tell(sentence: string): void;
  },
): HuntInput[] {
  const inputs = new Map<string, { readonly name: string; readonly input: Omit<HuntInput, 'name'> }>();
  for (const one of given) {
    if (one === '-' || one === '/dev/stdin') {
      inputs.set('-', { name: 'stdin', input: { size: undefined, open: () => options.stdin } });
      continue;
    }
    const nameOf = (file: string): string => path.relative(one, file).split(path.sep).join('/');
    const onUnreadable = (folder: string, error: unknown): void => {
      inputs.set(folder, { name: `${nameOf(folder)}/`, input: closedInput(error) });
    };
    for (const file of listCaptures([one], { ...options, onUnreadable })) {
      const name = file === one ? path.basename(file) : nameOf(file);
      if (!inputs.has(file)) inputs.set(file, { name, input: fileInput(file) });
    }
  }
  const names = Map.groupBy(inputs.values(), ({ name }) => name);
  return Array.from(inputs, ([file, { name, input }]) => ({
    ...input,
    name: names.get(name)?.length === 1 ? name : file,
  }));
}

function closedInput(error: unknown): Omit<HuntInput, 'name'> {
  return {
    size: 0,
    open() {
      throw error;
    },
  };
}

function fileInput(file: string): Omit<HuntInput, 'name'> {
  const stats = statSync(file);
  return {
    size: stats.isFile() ? stats.size : undefined,
    open: () => openInput(file),
  };
}
