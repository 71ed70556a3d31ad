import type { EventPlace } from './chunk-events.ts';
import { newlinesIn } from './split-lines.ts';

/** Positions in the file of the events of one chunk, to be asked for in rising order. */
export interface EventPositions {
  /** `raw` is the event as a view into the chunk; `counted` its number among the events of the chunk. */
  of(raw: Uint8Array, counted: number): number;
}

export function eventPositions(chunk: {
  readonly bytes: Uint8Array;
  readonly place: EventPlace;
  readonly first: number;
}): EventPositions {
  const { bytes, place, first } = chunk;
  let line = first;
  let countedTo = 0;
  return {
    of(raw, counted) {
      const at = raw.byteOffset - bytes.byteOffset;
      // An event's line is where its bytes are, whatever the decoder counts: a line may hold an array.
      if (place === 'index' || raw.buffer !== bytes.buffer || at < countedTo) return first + counted;
      line += newlinesIn(bytes.subarray(countedTo, at));
      countedTo = at;
      return line;
    },
  };
}
