import { createReadStream, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CommandError } from '../command-error.ts';
import { whyNot } from '../why-not.ts';

const blockBytes = 256 * 1024;

/** Pipes that a shell hands over under a name, as `<(command)` does; the descriptor is open already. */
const handedOver = /^\/(?:dev|proc\/self)\/fd\/(\d{1,6})$|^\/dev\/(stdin)$/;

/** Why a path is refused whose opening or reading may wait for ever: nothing would end that. */
export const neitherFileNorFolder =
  'it is a pipe or a device, neither a file nor a folder. Save what it gives to a file and name that.';

/**
 * Whether a path of the command line is a file or a folder.
 * @throws {CommandError} when it is neither, or is not there.
 */
export function inspectFile(given: string): 'file' | 'folder' {
  const stats = statsOf(given);
  if (stats.isDirectory()) return 'folder';
  if (stats.isFile()) return 'file';
  throw new CommandError(`${given} cannot be read: ${neitherFileNorFolder}`);
}

/** As `inspectFile`, for events, which are read as a stream: pipes that the shell has opened may be read too. */
export function inspectInput(given: string): 'file' | 'folder' | 'pipe' {
  return descriptorOf(given) !== undefined && statsOf(given).isFIFO() ? 'pipe' : inspectFile(given);
}

/** The bytes of a path that `inspectInput` takes for a file or pipe; destroying it ends every wait. */
export function openInput(file: string): Readable {
  const fd = descriptorOf(file);
  // A read of a pipe by its name would hold a thread, and with it the end of the process, until something comes.
  if (fd === undefined || !statsOf(file).isFIFO())
    return createReadStream(file, { highWaterMark: blockBytes });
  return fd === 0 ? process.stdin : new Socket({ fd, readable: true, writable: false });
}

function descriptorOf(file: string): number | undefined {
  const found = handedOver.exec(file);
  if (found === null) return undefined;
  return found[2] === undefined ? Number(found[1]) : 0;
}

function statsOf(file: string) {
  try {
    return statSync(file);
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${whyNot(error)}`, { cause: error });
  }
}
