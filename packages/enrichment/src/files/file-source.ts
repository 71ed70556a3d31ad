import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { DataSource } from '../data-provider.ts';

/** Larger files are refused: they would not fit in memory beside the events. */
const maxFileBytes = 512 * 1024 * 1024;

/**
 * A file, read again when its size, time or inode changed. A file that changes while it is read is refused, so that half
 * of it is never used; the next look takes it. Relative paths start at `folder`; `npm:package/file` is a file of an
 * installed package, looked for from `folder` and then from here.
 */
export function createFileSource(file: string, folder: string): DataSource {
  return {
    async read(version) {
      const resolved = locate(file, folder);
      // Not to wait for whoever writes into a pipe: that it is none is found below.
      const handle = await open(resolved, constants.O_RDONLY | constants.O_NONBLOCK).catch(
        (cause: unknown) => {
          throw new Error(`${resolved} cannot be read (${codeOf(cause)}).`, { cause });
        },
      );
      try {
        const before = await handle.stat({ bigint: true });
        if (!before.isFile()) throw new Error(`${resolved} is no file.`);
        if (before.size > maxFileBytes) throw new Error(`${resolved} is larger than ${maxFileBytes} bytes.`);
        const current = versionOf(before);
        if (current === version) return undefined;
        const bytes = Buffer.alloc(Number(before.size));
        let at = 0;
        while (at < bytes.length) {
          const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
          if (bytesRead === 0) break;
          at += bytesRead;
        }
        const after = versionOf(await handle.stat({ bigint: true }));
        if (at < bytes.length || after !== current) throw new Error(`${resolved} changed while it was read.`);
        return { bytes, modifiedAt: Number(before.mtimeMs), version: current };
      } finally {
        await handle.close();
      }
    },
  };
}

/** @throws Error with a sentence for people when the package is not installed */
function locate(file: string, folder: string): string {
  if (!file.startsWith('npm:')) return path.resolve(folder, file);
  const name = file.slice('npm:'.length);
  try {
    return require.resolve(name, { paths: [path.resolve(folder), import.meta.dirname] });
  } catch (cause) {
    throw new Error(`${name} is not installed; npm install its package, or name another file.`, { cause });
  }
}

const require = createRequire(import.meta.url);

function versionOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${ino} ${size} ${mtimeNs}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
