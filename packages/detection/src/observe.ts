import type { EventBatch, Observation } from '@parapet/event-model';
import { boundedText } from '@parapet/event-model';
import { createBatchPlaces } from './batch-places.ts';
import { createSeenEndpoints } from './seen-endpoints.ts';
import { createSeenMachines } from './seen-machines.ts';

const maxUsers = 16;

const endpointsOf = createSeenEndpoints(['src_endpoint.ip', 'dst_endpoint.ip']);
const factsOf = createSeenMachines();
const places = createBatchPlaces();

/**
 * The assets that a batch shows, each distinct fact once. The users seen on an asset are gathered (16 at most per observation; more
 * make another one).
 */
export function observe(batch: EventBatch): readonly Observation[] {
  const source = batch.source.slice(0, 100);
  const found: Observation[] = [];
  /** The observation of each machine that is being made, by the machine's place in the batch. */
  const making: Observation[] = [];
  const facts = factsOf(batch);
  const platformOf = createPlatforms(batch);
  places.clear();
  for (let fact = 0; fact < facts.size; fact += 1) {
    const user = facts.userOf(fact);
    const first = facts.firstOf(fact);
    const last = facts.lastOf(fact);
    const machine = facts.machineOf(fact);
    const place = places.placeOf(machine);
    const known = making[place];
    if (known !== undefined && (user === undefined || known.users.length < maxUsers)) {
      if (first < known.firstSeen) known.firstSeen = first;
      if (last > known.lastSeen) known.lastSeen = last;
      if (user !== undefined) known.users.push(user);
      continue;
    }
    const names = facts.namesOf(machine);
    const users = user === undefined ? [] : [user];
    const role = facts.roleOf(machine);
    const observation: Observation = {
      schema: 1,
      names,
      source,
      role,
      firstSeen: first,
      lastSeen: last,
      users,
    };
    const platform = role === 'device' ? platformOf(facts.rowOf(fact)) : '';
    if (platform !== '') observation.platform = platform;
    making[place] = observation;
    found.push(observation);
  }
  const endpoints = endpointsOf(batch);
  for (let endpoint = 0; endpoint < endpoints.size; endpoint += 1) {
    found.push({
      schema: 1,
      names: [endpoints.nameOf(endpoint)],
      source,
      role: 'endpoint',
      firstSeen: endpoints.firstOf(endpoint),
      lastSeen: endpoints.lastOf(endpoint),
      users: [],
    });
  }
  return found;
}

/** Empty where nobody says. */
function createPlatforms(batch: EventBatch): (row: number) => string {
  const column = batch.attribute('device.os.type');
  if (column === undefined) return () => '';
  const { codes, dictionary } = column;
  // Of a batch alone: there are few, and nothing must be kept.
  const known: string[] = [];
  return (row) => {
    const code = codes[row] as number;
    if (code === 0) return '';
    let platform = known[code];
    if (platform === undefined) {
      const value = dictionary.valueOf(code);
      platform = typeof value === 'string' ? boundedText(value.toLowerCase(), 100) : '';
      known[code] = platform;
    }
    return platform;
  };
}
