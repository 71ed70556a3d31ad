import type { Readable } from 'node:stream';
import { CommandError } from '../command-error.ts';
import { chunkEvents, type EventChunk, type EventPlace } from '../input/chunk-events.ts';
import { readBytes } from '../input/read-bytes.ts';
import { whyNot } from '../why-not.ts';
import type { HuntInput } from './hunt-inputs.ts';
import type { HuntResult } from './hunt-messages.ts';
import { addResult, createTotals, type HuntTotals } from './hunt-totals.ts';
import { createOrderedResults } from './ordered-results.ts';
import type { WorkerPool } from './worker-pool.ts';

/** A stretch of one file, in the order of files and positions. */
export interface FoundInFile {
  readonly file: string;
  readonly place: EventPlace;
  readonly result: HuntResult;
}

export interface HuntOptions {
  readonly inputs: readonly HuntInput[];
  readonly pool: WorkerPool;
  readonly workers: number;
  /** Events to look at; all when undefined. */
  readonly maxEvents: number | undefined;
  readonly signal: AbortSignal;
  /** Gets everything that was found, in order. */
  onFound(found: FoundInFile): void;
  /** Is told after each stretch; `bytes` are those as stored that the results so far are of. */
  onProgress(totals: HuntTotals, bytes: number): void;
}

export interface HuntOutcome {
  readonly totals: HuntTotals;
  readonly bytes: number;
  /** Bytes of events, unpacked. */
  readonly unpackedBytes: number;
  readonly files: number;
  /** Files that could not be read to their end, and why. */
  readonly unreadable: readonly { readonly file: string; readonly why: string }[];
  /** Files that hold no event at all. */
  readonly empty: readonly string[];
}

/** Files that are read side by side: unpacking one is the work of one thread. */
const maxReaders = 4;
/** Results that may wait for those before them. */
const maxWaiting = 256;

/** Looks at every event of the inputs once. Rejects with the signal's reason as soon as it is aborted. */
export async function runHunt(options: HuntOptions): Promise<HuntOutcome> {
  const { inputs, pool, signal, maxEvents } = options;
  const totals = createTotals();
  const ordered = createOrderedResults<FoundInFile & { readonly storedBytes: number }>(maxWaiting);
  const open = new Set<Readable>();
  const unreadable: { file: string; why: string }[] = [];
  const empty: string[] = [];
  let bytesDone = 0;
  let unpackedBytes = 0;
  let nextInput = 0;
  let left = maxEvents ?? Number.POSITIVE_INFINITY;
  let stopped = false;

  let bytesRead = 0;
  /** Chunks of events, each with the bytes read of the file since the one before it. */
  async function* chunksOf(
    input: HuntInput,
  ): AsyncGenerator<{ readonly chunk: EventChunk; readonly storedBytes: number }> {
    const source = input.open();
    let storedBytes = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const block of source) {
        bytesRead += (block as Buffer).length;
        storedBytes += (block as Buffer).length;
        yield block as Buffer;
      }
    }
    open.add(source);
    try {
      for await (const chunk of chunkEvents(readBytes(counted()))) {
        yield { chunk, storedBytes };
        storedBytes = 0;
      }
    } finally {
      open.delete(source);
      source.destroy();
    }
  }
  /** Hands a chunk to a worker, when one has room; the answer comes later. */
  async function take(chunk: EventChunk, file: string): Promise<{ readonly found: Promise<FoundInFile> }> {
    const { place } = chunk;
    if (chunk.kind === 'refused') return { found: Promise.resolve({ file, place, result: refusal(chunk) }) };
    unpackedBytes += chunk.bytes.length;
    const { result } = await pool.run({ bytes: chunk.bytes, place, first: chunk.first, limit: left });
    return { found: result.then((found) => ({ file, place, result: found })) };
  }
  async function readFile(number: number, input: HuntInput): Promise<void> {
    let chunks = 0;
    let why: string | undefined;
    try {
      for await (const { chunk, storedBytes } of chunksOf(input)) {
        if (stopped || left <= 0) return;
        chunks += 1;
        if (chunk.kind === 'refused' && chunk.isRest) why = chunk.detail;
        const { found } = await take(chunk, input.name);
        await ordered.add(
          number,
          found.then((result) => ({ ...result, storedBytes })),
        );
        // With a limit, one chunk at a time: what is left is known when it has been looked at.
        if (maxEvents !== undefined) left -= (await found).result.events;
      }
    } catch (error) {
      // What a worker or the end of the command says is not about this file.
      if (stopped || error instanceof CommandError) throw error;
      // Packed data that is cut off also ends inside an array: that it was cut off is told.
      why = whyNot(error);
    } finally {
      ordered.end(number);
    }
    if (why !== undefined) unreadable.push({ file: input.name, why });
    else if (chunks === 0) empty.push(input.name);
  }
  async function readFiles(): Promise<void> {
    for (let number = nextInput++; number < inputs.length; number = nextInput++) {
      const input = inputs[number];
      if (input === undefined || left <= 0) ordered.end(number);
      else await readFile(number, input);
    }
  }
  async function work(): Promise<void> {
    const readers = maxEvents === undefined ? Math.min(maxReaders, options.workers, inputs.length) : 1;
    const reading = Promise.all(Array.from({ length: readers }, readFiles));
    reading.catch(() => undefined);
    for await (const { result: found } of ordered.all(inputs.length)) {
      addResult(totals, found.result);
      totals.matchedEvents += matchedEventsOf(found.result.matches);
      bytesDone += found.storedBytes;
      options.onFound(found);
      options.onProgress(totals, bytesDone);
    }
    await reading;
  }

  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const working = work();
  working.catch(() => undefined);
  try {
    await Promise.race([working, aborted.promise]);
    return { totals, bytes: bytesRead, unpackedBytes, files: inputs.length, unreadable, empty };
  } finally {
    stopped = true;
    signal.removeEventListener('abort', abort);
    for (const source of open) source.destroy();
  }
}

function refusal({ first, reason, detail }: Extract<EventChunk, { kind: 'refused' }>): HuntResult {
  return {
    events: 0,
    outside: 0,
    firstTime: Number.POSITIVE_INFINITY,
    lastTime: Number.NEGATIVE_INFINITY,
    sources: [],
    reasons: [[reason, 1]],
    rejected: [{ position: first, reason, detail, text: '' }],
    counts: [],
    matches: new Float64Array(),
    details: [],
  };
}

function matchedEventsOf(matches: Float64Array): number {
  let count = 0;
  for (let at = 0; at < matches.length; at += 2 + (matches[at + 1] ?? 0)) count += 1;
  return count;
}
