import { type AssetName, addressNameOf, type EventBatch } from '@parapet/event-model';
import { createBatchPlaces } from './batch-places.ts';
import { createNumbered } from './numbered.ts';
import { createTimeSpans } from './time-spans.ts';
import { createRowRoom, createValueNumbers } from './value-numbers.ts';

/**
 * Machines of one's own network by their addresses, each once, in no promised order, by numbers from 0; with the times of the events
 * of the batch that show them. Good until the next batch.
 */
export interface SeenEndpoints {
  readonly size: number;
  nameOf(endpoint: number): AssetName;
  firstOf(endpoint: number): number;
  lastOf(endpoint: number): number;
}

/** Addresses remembered; past them everything is forgotten, which costs time and nothing else. */
const maxEndpoints = 100_000;

/**
 * Makes a reader of the machines at the ends of a batch's connections. The machine that saw an event is not an end of it. `paths` are the attributes that have the ends' addresses.
 */
export function createSeenEndpoints(paths: readonly string[]): (batch: EventBatch) => SeenEndpoints {
  let memory = createMemory();
  return (batch) => {
    if (memory.names.size > maxEndpoints) memory = createMemory();
    return endpointsOf(batch, paths, memory);
  };
}

type Memory = ReturnType<typeof createMemory>;

function createMemory() {
  const names = createNumbered<AssetName>();
  return {
    names,
    /** Of an address, whichever attribute it is of; 0 for what is not of one's own network. */
    numbersOf: createValueNumbers((value) => {
      const name = addressNameOf(value);
      return name === undefined ? 0 : names.numberOf(name.handle, name);
    }),
    places: createBatchPlaces(),
    spans: createTimeSpans(),
    roomForDevices: createRowRoom(),
    roomForEnds: createRowRoom(),
  };
}

function endpointsOf(batch: EventBatch, paths: readonly string[], memory: Memory): SeenEndpoints {
  const { names, numbersOf, places, spans, roomForDevices, roomForEnds } = memory;
  const { length, times } = batch;
  places.clear();
  spans.clear();
  const devices = numbersOf(batch.attribute('device.ip'), length, roomForDevices(length));
  for (const path of paths) {
    const column = batch.attribute(path);
    if (column === undefined) continue;
    const numbers = numbersOf(column, length, roomForEnds(length));
    for (let row = 0; row < length; row += 1) {
      const number = numbers[row] as number;
      if (number !== 0 && number !== devices[row]) spans.add(places.placeOf(number), times[row] as number);
    }
  }
  return {
    size: places.size,
    nameOf: (endpoint) => names.at(places.numberAt(endpoint)),
    firstOf: spans.firstOf,
    lastOf: spans.lastOf,
  };
}
