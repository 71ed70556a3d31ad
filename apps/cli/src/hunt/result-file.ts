import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { CommandError } from '../command-error.ts';
import { whyNot } from '../why-not.ts';

/** A file that appears as a whole, or not at all. */
export interface ResultFile {
  write(text: string): void;
  /** Gives the file its name. */
  finish(): void;
  /** Takes away what was written so far; nothing after `finish`. */
  discard(): void;
}

/** What a link to a file that is not there yet leads to; anything else as it is. */
function linked(file: string): string {
  try {
    return path.resolve(path.dirname(file), readlinkSync(file));
  } catch {
    return file;
  }
}

const bufferLength = 64 * 1024;

/** A pipe that somebody reads: to open another one would wait for somebody, and nothing would end that but a kill. */
function openPipe(pipe: string): number {
  let reached: number;
  try {
    reached = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    const why =
      errorCode(error) === 'ENXIO'
        ? 'nobody reads from this pipe. Start what reads it first.'
        : whyNot(error);
    throw new CommandError(`${pipe} cannot be written: ${why}`, { cause: error });
  }
  // Opened again, so that writing waits for a slow reader; the first one stays open meanwhile, else the reader would be at its end.
  try {
    return openSync(pipe, 'w');
  } finally {
    closeSync(reached);
  }
}

const errorCode = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/**
 * Writes beside `file` and renames at the end, so that a run that is stopped leaves an earlier file as it was. Devices and pipes
 * are written to directly.
 * @throws {CommandError} when it cannot be written, at once and not at the end of the work.
 */
export function createResultFile(file: string): ResultFile {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new CommandError(`${file} cannot be written: ${whyNot(error)}`, { cause: error });
    }
  };
  const stats = attempt(() => statSync(file, { throwIfNoEntry: false }));
  if (stats?.isDirectory()) throw new CommandError(`${file} cannot be written: it is a folder, not a file.`);
  const isWhole = stats === undefined || stats.isFile();
  // A link stays one: what it leads to is what is replaced.
  const place = stats === undefined ? linked(file) : attempt(() => realpathSync(file));
  const target = isWhole ? `${place}.${process.pid}.partial` : file;
  // Who may read an earlier result may read this one, and nobody else.
  const mode = stats === undefined ? 0o666 : stats.mode & 0o777;
  const descriptor = stats?.isFIFO() === true ? openPipe(target) : attempt(() => openSync(target, 'w', mode));
  let buffered = '';
  let isOpen = true;

  const flush = (): void => {
    const bytes = Buffer.from(buffered);
    buffered = '';
    attempt(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    });
  };
  return {
    write(text) {
      buffered += text;
      if (buffered.length >= bufferLength) flush();
    },
    finish() {
      flush();
      // Else a machine that loses power may keep the name without what was written.
      if (isWhole) attempt(() => fsyncSync(descriptor));
      closeSync(descriptor);
      isOpen = false;
      if (isWhole) attempt(() => renameSync(target, place));
    },
    discard() {
      if (!isOpen) return;
      closeSync(descriptor);
      isOpen = false;
      if (isWhole) rmSync(target, { force: true });
    },
  };
}
