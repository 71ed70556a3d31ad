import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { CommandError, messageOf } from '../command-error.ts';
import { createArraySplitter } from './split-json-array.ts';

/** One event of a file, as its bytes are there. */
export interface FileRecord {
  readonly value: Buffer;
  /** Base name of the file. */
  readonly file: string;
  /** Line from 1 in a file of lines; index from 0 in a JSON array. */
  readonly line: number;
}

/** What the broker takes in one record. */
const maxRecordBytes = 7 * 1024 * 1024;

/**
 * The events of a file, read as they are asked for: a JSON array's elements if the first byte is `[`, else lines. Files
 * that end in `.gz` are unpacked. Empty lines are passed over but counted.
 * @throws {CommandError} when the file cannot be read, ends inside an array, or holds a record that is too large to send.
 */
export async function* readRecords(file: string): AsyncGenerator<FileRecord, void, void> {
  const name = path.basename(file);
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  const bytes = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  // pipe() does not hand errors on.
  source.on('error', (error) => bytes.destroy(error));
  try {
    const chunks = withoutLeadingSpace(bytes);
    const first = await chunks.next();
    if (first.done) return;
    const all = prepend(first.value, chunks);
    yield* first.value[0] === 0x5b ? elements(all, name) : lines(all, name);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    bytes.destroy();
    source.destroy();
  }
}

async function* elements(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<FileRecord> {
  const splitter = createArraySplitter(maxRecordBytes);
  let line = 0;
  for await (const chunk of chunks) {
    for (const value of splitter.push(chunk)) yield { value, file, line: line++ };
  }
  if (!splitter.done) throw new Error('the file ends inside its JSON array');
}

async function* lines(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<FileRecord> {
  let rest: Buffer[] = [];
  let size = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const value = lineOf([...rest, chunk.subarray(from, end)]);
      if (value.length > 0) yield { value, file, line };
      rest = [];
      size = 0;
      line++;
      from = end + 1;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > maxRecordBytes) throw new Error(`line ${line} is larger than ${maxRecordBytes} bytes`);
    }
  }
  const value = lineOf(rest);
  if (value.length > 0) yield { value, file, line };
}

/** One line without its carriage return; empty for a line of white space alone. */
function lineOf(parts: readonly Buffer[]): Buffer {
  const whole = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  const value = whole.at(-1) === 0x0d ? whole.subarray(0, -1) : whole;
  return value.every((code) => code <= 0x20) ? Buffer.alloc(0) : value;
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Drops a byte order mark, and white space in front of a JSON array; a file of lines keeps its empty lines for their count. */
async function* withoutLeadingSpace(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun = false;
  for await (const chunk of chunks) {
    if (begun) {
      yield chunk;
      continue;
    }
    begun = true;
    const text = chunk.subarray(chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0);
    const start = text.findIndex((code) => code > 0x20);
    yield text[start] === 0x5b ? text.subarray(start) : text;
  }
}
