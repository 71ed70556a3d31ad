import { type AssetName, assetsOf, type Column, type EventBatch } from '@parapet/event-model';
import { createAttributeViews } from './attribute-view.ts';

/** A machine of one's own network by its address, with the times of the events of one batch that show it. */
export interface SeenEndpoint {
  readonly name: AssetName;
  first: number;
  last: number;
}

interface Endpoint extends SeenEndpoint {
  /** Number of the batch that the times are of. */
  batch: number;
}

/** What the codes of a column mean: a machine, or null for anything else; undefined where nobody asked. */
type Meanings = (Endpoint | null | undefined)[];

/** Addresses remembered; past them everything is forgotten, which costs time and nothing else. */
const maxEndpoints = 100_000;

/**
 * Makes a reader of the machines at the ends of a batch's connections, each address once, in no promised order; good until the next
 * batch. The machine that saw an event is not an end of it. What an address means is kept beside its dictionary, so that a row
 * costs a look-up by code.
 */
export function createSeenEndpoints(
  paths: readonly string[],
): (batch: EventBatch) => readonly Readonly<SeenEndpoint>[] {
  const byHandle = new Map<string, Endpoint>();
  let kept = new WeakMap<object, Meanings>();
  let batchNumber = 0;

  const endpointOf = (name: AssetName): Endpoint => {
    let endpoint = byHandle.get(name.handle);
    if (endpoint === undefined) {
      endpoint = { name, first: 0.5, last: 0.5, batch: 0 };
      byHandle.set(name.handle, endpoint);
    }
    return endpoint;
  };
  /** An address means the same whichever attribute it is of, so each is read as that of an end. */
  const readerOf = (path: string) => {
    const viewOf = createAttributeViews({ 'src_endpoint.ip': path });
    return (batch: EventBatch, row: number): Endpoint | null => {
      const name = assetsOf(viewOf(batch), row)[0]?.names[0];
      return name === undefined ? null : endpointOf(name);
    };
  };
  const meaningsOf = ({ dictionary }: Column): Meanings => {
    let meanings = kept.get(dictionary);
    if (meanings === undefined) {
      meanings = [null];
      kept.set(dictionary, meanings);
    }
    while (meanings.length < dictionary.size) meanings.push(undefined);
    return meanings;
  };
  const readDevice = readerOf('device.ip');
  const ends = paths.map((path) => ({ path, read: readerOf(path) }));

  return (batch) => {
    if (byHandle.size > maxEndpoints) {
      byHandle.clear();
      kept = new WeakMap();
    }
    batchNumber += 1;
    const { length, times } = batch;
    const seen: Endpoint[] = [];
    const device = batch.attribute('device.ip');
    const devices = device === undefined ? [] : meaningsOf(device);
    const deviceAt = (row: number): Endpoint | null | undefined => {
      const code = device?.codes[row] as number;
      if (devices[code] === undefined) devices[code] = readDevice(batch, row);
      return devices[code];
    };
    for (const { path, read } of ends) {
      const column = batch.attribute(path);
      if (column === undefined) continue;
      const { codes } = column;
      const meanings = meaningsOf(column);
      for (let row = 0; row < length; row += 1) {
        const code = codes[row] as number;
        let endpoint = meanings[code];
        if (endpoint === undefined) {
          endpoint = read(batch, row);
          meanings[code] = endpoint;
        }
        if (endpoint === null || (device !== undefined && deviceAt(row) === endpoint)) continue;
        const time = times[row] as number;
        if (endpoint.batch !== batchNumber) {
          endpoint.batch = batchNumber;
          endpoint.first = time;
          endpoint.last = time;
          seen.push(endpoint);
        } else if (time < endpoint.first) endpoint.first = time;
        else if (time > endpoint.last) endpoint.last = time;
      }
    }
    return seen;
  };
}
