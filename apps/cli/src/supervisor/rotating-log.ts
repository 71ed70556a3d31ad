import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

export interface RotatingLog {
  readonly file: string;
  write(chunk: Uint8Array | string): void;
  close(): void;
}

/**
 * Appends to `file`; when it would grow past `maxBytes` it is renamed to `file.1` (`.1` to `.2`, ... up to `keep`) and begun
 * anew. Writes at once, so that the last lines before a crash are there. A full disk loses log lines, never the process.
 */
export function openRotatingLog(
  file: string,
  options: { readonly maxBytes?: number; readonly keep?: number } = {},
): RotatingLog {
  const { maxBytes = 10 * 1024 * 1024, keep = 3 } = options;
  let descriptor = openSync(file, 'a', 0o600);
  let size = fstatSync(descriptor).size;
  let closed = false;

  function rotate(): void {
    closeSync(descriptor);
    rmSync(`${file}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 1; number--)
      renameIfThere(`${file}.${number}`, `${file}.${number + 1}`);
    renameIfThere(file, `${file}.1`);
    descriptor = openSync(file, 'a', 0o600);
    size = 0;
  }

  return {
    file,
    write(chunk) {
      if (closed) return;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (size > 0 && size + bytes.length > maxBytes) rotate();
      try {
        size += writeSync(descriptor, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    close() {
      if (closed) return;
      closed = true;
      closeSync(descriptor);
    },
  };
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
