import type { EventBatch, Observation } from '@parapet/event-model';
import { boundedText } from '@parapet/event-model';
import { createAttributeLookups } from './attribute-lookup.ts';
import { createSeenEndpoints, type SeenEndpoint } from './seen-endpoints.ts';
import { createSeenMachines } from './seen-machines.ts';

const maxUsers = 16;

const endpointsOf = createSeenEndpoints(['src_endpoint.ip', 'dst_endpoint.ip']);
const machinesOf = createSeenMachines();
/** Empty where nobody says. */
const platformsOf = createAttributeLookups(['device.os.type'], (batch, row) => {
  const platform = batch.attributeValue(row, 'device.os.type');
  return typeof platform === 'string' ? boundedText(platform.toLowerCase(), 100) : '';
});

/**
 * The assets that a batch shows, each distinct fact once. Events with equal names are looked at once; the users seen on
 * an asset are gathered (16 at most per observation; more make another one).
 */
export function observe(batch: EventBatch): readonly Observation[] {
  const source = batch.source.slice(0, 100);
  const found: Observation[] = [];
  // The observation of each machine that is being made, by the machine's number.
  const making: Observation[] = [];
  const people: number[][] = [];
  const platforms = platformsOf(batch);
  for (const { row, machines, user, first, last } of machinesOf(batch)) {
    for (const machine of machines) {
      const { number } = machine;
      const known = making[number];
      const isNew = user !== undefined && people[number]?.includes(user.number) !== true;
      if (known !== undefined && (!isNew || known.users.length < maxUsers)) {
        if (first < known.firstSeen) known.firstSeen = first;
        if (last > known.lastSeen) known.lastSeen = last;
        if (isNew) {
          known.users.push(user.name);
          people[number]?.push(user.number);
        }
        continue;
      }
      const platform =
        machine.role === 'device' && platforms !== undefined
          ? platforms.resultOf(platforms.numberOf(row), row)
          : '';
      const observation: Observation = {
        schema: 1,
        names: machine.names.slice(0, 16),
        source,
        role: machine.role,
        firstSeen: first,
        lastSeen: last,
        users: user === undefined ? [] : [user.name],
        ...(platform === '' ? {} : { platform }),
      };
      making[number] = observation;
      people[number] = user === undefined ? [] : [user.number];
      found.push(observation);
    }
  }
  for (const endpoint of endpointsOf(batch)) found.push(asObservation(endpoint, source));
  return found;
}

function asObservation({ name, first, last }: SeenEndpoint, source: string): Observation {
  return {
    schema: 1,
    names: [name],
    source,
    role: 'endpoint',
    firstSeen: first,
    lastSeen: last,
    users: [],
  };
}
