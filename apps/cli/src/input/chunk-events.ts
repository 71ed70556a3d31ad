import { createElementSplitter, type ElementRun, startsWithArray } from './split-elements.ts';
import { createLineSplitter, newlinesIn } from './split-lines.ts';

/** Whole events of a file, or a stretch of it that holds none. */
export type EventChunk =
  | {
      readonly kind: 'events';
      /** JSON text in a form that the decoder takes as one record; its memory is used by nothing else. */
      readonly bytes: Uint8Array;
      readonly place: EventPlace;
      /** Line of the first byte, from 1; or index of the first event, from 0. */
      readonly first: number;
    }
  | {
      readonly kind: 'refused';
      readonly place: EventPlace;
      readonly first: number;
      readonly reason: 'too_large' | 'invalid_json';
      readonly detail: string;
      /** Whether it is all that was left of the file. */
      readonly isRest: boolean;
    };

/** How events of a file are counted: by the lines they start at, or in a JSON array by their index. */
export type EventPlace = 'line' | 'index';

export interface ChunkLimits {
  /** A chunk ends at the first border of events behind this many bytes. */
  readonly chunkBytes: number;
  /** Larger events are refused; those of up to three times as many bytes may reach the decoder, which refuses them too. */
  readonly maxEventBytes: number;
}

export const defaultChunkLimits: ChunkLimits = { chunkBytes: 768 * 1024, maxEventBytes: 1024 * 1024 };

/** Enough of a file to tell in which form its events are. */
const headBytes = 4096;

/**
 * Cuts JSON text at borders between events: lines of JSON, objects one after another (pretty-printed too), JSON arrays of any
 * size, `{"Records": [...]}`. Memory is bounded however large the text or an event in it is. When the text cannot be read to
 * its end, what was read comes as chunks before the error is thrown.
 */
export async function* chunkEvents(
  pieces: AsyncIterable<Uint8Array>,
  limits: ChunkLimits = defaultChunkLimits,
): AsyncGenerator<EventChunk, void, void> {
  let head: Uint8Array | undefined = new Uint8Array();
  let splitter: Splitter | undefined;
  let line = 1;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const piece of pieces) {
      if (splitter !== undefined) {
        yield* splitter.push(piece);
        continue;
      }
      // Blanks before the first event tell nothing of the form.
      const from = head?.length === 0 ? firstText(piece) : 0;
      line += newlinesIn(piece, from);
      head = Buffer.concat([head ?? new Uint8Array(), piece.subarray(from)]);
      if (head.length < headBytes) continue;
      splitter = splitterFor(head, limits, line);
      yield* splitter.push(head);
      head = undefined;
    }
  } catch (error) {
    failure = { error };
  }
  if (splitter === undefined && head !== undefined) {
    splitter = splitterFor(head, limits, line);
    yield* splitter.push(head);
  }
  yield* splitter?.finish() ?? [];
  if (failure !== undefined) throw failure.error;
}

function firstText(piece: Uint8Array): number {
  const found = piece.findIndex((code) => code > 0x20);
  return found === -1 ? piece.length : found;
}

interface Splitter {
  push(piece: Uint8Array): EventChunk[];
  finish(): EventChunk[];
}

function splitterFor(head: Uint8Array, { chunkBytes, maxEventBytes }: ChunkLimits, line: number): Splitter {
  if (!startsWithArray(head)) return createLineSplitter({ chunkBytes, maxEventBytes }, line);
  const elements = createElementSplitter({ runBytes: chunkBytes, maxElementBytes: maxEventBytes });
  return {
    push: (piece) => elements.push(piece).map(toChunk),
    finish: () => elements.finish().map(toChunk),
  };
}

function toChunk(run: ElementRun): EventChunk {
  const place = 'index';
  if (run.kind === 'elements') return { kind: 'events', bytes: run.bytes, place, first: run.first };
  const { first, reason, detail, isRest } = run;
  return { kind: 'refused', place, first, reason, detail, isRest };
}
