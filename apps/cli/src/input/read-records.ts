import path from 'node:path';
import type { Readable } from 'node:stream';
import { splitRecord } from '@parapet/event-model';
import { CommandError, messageOf } from '../command-error.ts';
import { chunkEvents, type EventPlace } from './chunk-events.ts';
import { eventPositions } from './event-positions.ts';
import { inspectInput, openInput } from './inspect-input.ts';
import { readBytes } from './read-bytes.ts';

/** One event of a file, as its bytes are there. */
export interface FileRecord {
  readonly value: Buffer;
  /** Base name of the file. */
  readonly file: string;
  /** Line from 1 in a file of lines, the first one of an event that has several; index from 0 in a JSON array. */
  readonly line: number;
  /** Which of the two `line` is. */
  readonly place: EventPlace;
}

/** `maxEventBytes` is what the broker takes in one record. */
const limits = {
  chunkBytes: 256 * 1024,
  maxEventBytes: 7 * 1024 * 1024,
  maxDepth: 64,
  maxLines: Number.MAX_SAFE_INTEGER,
};

/**
 * The events of a file, or of a stream that goes by that name, read as they are asked for: a JSON array's elements if it
 * starts with one (also as `{"Records": [...]}`), else objects one after another, on lines of their own or not. What is no event comes as the
 * lines that hold it. See `readBytes` for the forms that are unpacked.
 * @throws {CommandError} when the file cannot be read, ends inside an array, or holds a record that is too large to send;
 * an AbortError when the stream was aborted.
 */
export async function* readRecords(file: string, stream?: Readable): AsyncGenerator<FileRecord, void, void> {
  const name = path.basename(file);
  if (stream === undefined) inspectInput(file);
  const source = stream ?? openInput(file);
  try {
    for await (const chunk of chunkEvents(readBytes(source), limits)) {
      const { place, first } = chunk;
      if (chunk.kind === 'refused')
        throw new Error(`${place === 'index' ? 'event' : 'line'} ${first}: ${chunk.detail}`);
      const { bytes } = chunk;
      const positions = eventPositions(chunk);
      // What is no event is sent too: the dead letters tell of it.
      for (const [number, segment] of splitRecord(bytes, limits).entries()) {
        const value = Buffer.from(
          bytes.buffer,
          bytes.byteOffset + segment.start,
          segment.end - segment.start,
        );
        const line = positions.of(value, number);
        if (value.length > limits.maxEventBytes)
          throw new Error(
            `${place === 'index' ? 'event' : 'line'} ${line} is larger than ${limits.maxEventBytes} bytes`,
          );
        yield { value, file: name, line, place };
      }
    }
  } catch (error) {
    if (error instanceof CommandError || (error as Error).name === 'AbortError') throw error;
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    source.destroy();
  }
}
