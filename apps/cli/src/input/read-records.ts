import path from 'node:path';
import type { Readable } from 'node:stream';
import { CommandError, messageOf } from '../command-error.ts';
import type { EventPlace } from './chunk-events.ts';
import { inspectInput, openInput } from './inspect-input.ts';
import { readBytes } from './read-bytes.ts';
import { createElementSplitter, type ElementRun, startsWithArray } from './split-elements.ts';

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

/** What the broker takes in one record. */
const maxRecordBytes = 7 * 1024 * 1024;

/** Enough of a file to tell whether it is a JSON array. */
const headBytes = 4096;

/**
 * The events of a file, or of a stream that goes by that name, read as they are asked for: a JSON array's elements if it
 * starts with one (also as `{"Records": [...]}`), else lines, or objects that are printed over several. See `readBytes` for the forms that are unpacked. Empty lines
 * are passed over but counted.
 * @throws {CommandError} when the file cannot be read, ends inside an array, or holds a record that is too large to send;
 * an AbortError when the stream was aborted.
 */
export async function* readRecords(file: string, stream?: Readable): AsyncGenerator<FileRecord, void, void> {
  const name = path.basename(file);
  if (stream === undefined) inspectInput(file);
  const source = stream ?? openInput(file);
  try {
    const chunks = readBytes(source);
    let head = Buffer.alloc(0);
    while (head.length < headBytes) {
      const next = await chunks.next();
      if (next.done) break;
      head = Buffer.concat([head, next.value]);
    }
    const all = prepend(head, chunks);
    yield* startsWithArray(head) ? elements(all, name) : wholeObjects(lines(all, name));
  } catch (error) {
    if (error instanceof CommandError || (error as Error).name === 'AbortError') throw error;
    throw new CommandError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    source.destroy();
  }
}

async function* elements(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<FileRecord> {
  const splitter = createElementSplitter({ runBytes: 0, maxElementBytes: maxRecordBytes });
  for await (const chunk of chunks) yield* recordsOf(splitter.push(chunk), file);
  yield* recordsOf(splitter.finish(), file);
}

function* recordsOf(runs: readonly ElementRun[], file: string): Generator<FileRecord> {
  for (const run of runs) {
    if (run.kind === 'refused') throw new Error(`event ${run.first}: ${run.detail}`);
    const value = Buffer.from(run.bytes.buffer, run.bytes.byteOffset, run.bytes.byteLength);
    yield { value: trimmed(value.subarray(1, -1)), file, line: run.first, place: 'index' };
  }
}

function trimmed(text: Buffer): Buffer {
  const from = text.findIndex((code) => code > 0x20);
  return text.subarray(from, text.findLastIndex((code) => code > 0x20) + 1);
}

async function* lines(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<FileRecord> {
  let rest: Buffer[] = [];
  let size = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const value = lineOf([...rest, chunk.subarray(from, end)]);
      if (value.length > 0) yield { value, file, line, place: 'line' };
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
  if (value.length > 0) yield { value, file, line, place: 'line' };
}

/**
 * Lines as they are, but for objects printed over several: from a line that is an opening brace alone up to the one that begins with its
 * closing brace, in the same column. What begins so and does not end so is given as its lines.
 */
async function* wholeObjects(all: AsyncIterable<FileRecord>): AsyncGenerator<FileRecord> {
  let held: FileRecord[] = [];
  let size = 0;
  for await (const record of all) {
    const { value } = record;
    const indent = columnOf(held[0]?.value ?? value);
    // An object that begins in the same column is another one, so that a broken one keeps nobody waiting.
    const isNext = columnOf(value) === indent && value[indent] === 0x7b;
    if (isNext || size > maxRecordBytes) {
      yield* held;
      held = [];
      size = 0;
    }
    if (held.length === 0 && !isBraceAlone(value)) {
      yield record;
      continue;
    }
    held.push(record);
    size += value.length + 1;
    if (columnOf(value) !== indent || value[indent] !== 0x7d) continue;
    yield {
      ...(held[0] as FileRecord),
      value: Buffer.concat(held.flatMap(({ value: own }) => [own, newline])),
    };
    held = [];
    size = 0;
  }
  yield* held;
}

const newline = Buffer.from('\n');

function isBraceAlone(line: Buffer): boolean {
  const column = columnOf(line);
  return line[column] === 0x7b && line.subarray(column + 1).every((code) => code <= 0x20);
}

/** Where the first character of a line is. */
function columnOf(line: Buffer): number {
  return line.findIndex((code) => code > 0x20);
}

/** One line without its carriage return; empty for a line of white space alone. */
function lineOf(parts: readonly Buffer[]): Buffer {
  const whole = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  const value = whole.at(-1) === 0x0d ? whole.subarray(0, -1) : whole;
  return value.every((code) => code <= 0x20) ? Buffer.alloc(0) : value;
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}
