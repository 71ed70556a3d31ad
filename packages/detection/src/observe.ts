import type { EventBatch, Observation } from '@parapet/event-model';
import { boundedText } from '@parapet/event-model';
import { createSeenEndpoints, type SeenEndpoint } from './seen-endpoints.ts';
import { createSeenMachines, type SeenMachine } from './seen-machines.ts';

const maxUsers = 16;

const endpointsOf = createSeenEndpoints(['src_endpoint.ip', 'dst_endpoint.ip']);
const machinesOf = createSeenMachines();

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
      const observation: Observation = {
        schema: 1,
        names: machine.names.slice(0, 16),
        source,
        role: machine.role,
        firstSeen: first,
        lastSeen: last,
        users: user === undefined ? [] : [user.name],
        ...platformOf(batch, row, machine),
      };
      making[number] = observation;
      people[number] = user === undefined ? [] : [user.number];
      found.push(observation);
    }
  }
  for (const endpoint of endpointsOf(batch)) found.push(asObservation(endpoint, source));
  return found;
}

function platformOf(batch: EventBatch, row: number, { role }: SeenMachine): { readonly platform?: string } {
  const platform = role === 'device' ? batch.attributeValue(row, 'device.os.type') : undefined;
  return typeof platform === 'string' ? { platform: boundedText(platform.toLowerCase(), 100) } : {};
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
