import { open, unlink } from 'node:fs/promises';
import { hasCode } from './lake-error.ts';

/** Writes a new file and returns once its bytes are on the disk. */
export async function writeDurably(file: string, chunks: Iterable<Buffer>): Promise<void> {
  const handle = await open(file, 'wx', 0o640);
  try {
    for (const chunk of chunks) await handle.writeFile(chunk);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes the names in a folder, or the bytes of a file, durable. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Deletes a file; fine when it is gone already. */
export async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
