import {
  assetsOf,
  boundedText,
  type EventBatch,
  entitiesOf,
  type Observation,
  type SeenAsset,
} from '@parapet/event-model';
import { createAttributeLookups } from './attribute-lookup.ts';
import { asThemselves, createAttributeViews } from './attribute-view.ts';
import { createSeenEndpoints, type SeenEndpoint } from './seen-endpoints.ts';
import { createTupleIndex } from './tuple-index.ts';

const maxUsers = 16;
/** Accounts of the operating system, which say nothing about who uses a machine. */
const systemAccounts = new Set([
  'system',
  'local service',
  'network service',
  'anonymous logon',
  'lokaler dienst',
]);

interface ShownAsset {
  readonly asset: SeenAsset;
  readonly key: string;
}

const machinePaths = ['device.hostname', 'device.ip', 'cloud.account.uid'];
const userPaths = ['actor.user.name', 'user.name'];
const machineView = createAttributeViews(asThemselves(machinePaths));
const userView = createAttributeViews(asThemselves(userPaths));
const machinesOf = createAttributeLookups(machinePaths, (batch, row) =>
  assetsOf(machineView(batch), row)
    .filter(({ role }) => role !== 'endpoint')
    .map((asset): ShownAsset => ({ asset, key: keyOf(asset) })),
);
/** The person that an event is about; the empty text for nobody. */
const usersOf = createAttributeLookups(userPaths, (batch, row) => {
  const { user = '' } = entitiesOf(userView(batch), row);
  return isPerson(user) ? user : '';
});
/** An endpoint is looked at apart from the other end: pairs are many, the parts of them are few. */
const endpointsOf = createSeenEndpoints(['src_endpoint.ip', 'dst_endpoint.ip']);

/** An observation that is being made, and who is in it, by number: texts take longer to compare. */
interface Making {
  readonly observation: Observation;
  readonly people: number[];
}

/**
 * The assets that a batch shows, each distinct fact once. Events with equal names are looked at once; the users seen on
 * an asset are gathered (16 at most per observation; more make another one).
 */
export function observe(batch: EventBatch): readonly Observation[] {
  const merged = new Map<string, Making>();
  const found: Observation[] = [];
  const source = batch.source.slice(0, 100);
  const personNumbers = new Map<string, number>();
  const numberOf = (user: string): number => {
    if (user === '') return nobody;
    const known = personNumbers.get(user) ?? personNumbers.size;
    if (known === personNumbers.size) personNumbers.set(user, known);
    return known;
  };
  for (const { row, assets, user, first, last } of machineFacts(batch)) {
    const person = numberOf(user);
    for (const { asset, key } of assets) {
      const known = merged.get(key);
      const isNew = person !== nobody && known?.people.includes(person) !== true;
      if (known !== undefined && (!isNew || known.people.length < maxUsers)) {
        widen(known.observation, first, last);
        if (isNew) {
          known.people.push(person);
          known.observation.users.push(user);
        }
        continue;
      }
      const { role, names } = asset;
      const platform = role === 'device' ? batch.attributeValue(row, 'device.os.type') : undefined;
      const observation: Observation = {
        schema: 1,
        names: names.slice(0, 16),
        source,
        role,
        firstSeen: first,
        lastSeen: last,
        users: user === '' ? [] : [user],
        ...(typeof platform === 'string' ? { platform: boundedText(platform.toLowerCase(), 100) } : {}),
      };
      merged.set(key, { observation, people: user === '' ? [] : [person] });
      found.push(observation);
    }
  }
  for (const endpoint of endpointsOf(batch)) found.push(asObservation(endpoint, source));
  return found;
}

const nobody = -1;

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

function widen(observation: Observation, first: number, last: number): void {
  if (first < observation.firstSeen) observation.firstSeen = first;
  if (last > observation.lastSeen) observation.lastSeen = last;
}

/** Assets, and a user on them, with the times of the events that show both. */
interface MachineFact {
  readonly row: number;
  readonly assets: readonly ShownAsset[];
  readonly user: string;
  first: number;
  last: number;
}

function machineFacts(batch: EventBatch): readonly MachineFact[] {
  const [machines, users] = [machinesOf(batch), usersOf(batch)];
  if (machines === undefined) return [];
  const facts: MachineFact[] = [];
  const { length, times } = batch;
  const numbers = new Uint32Array(length);
  const userNumbers = new Uint32Array(users === undefined ? 0 : length);
  for (let row = 0; row < length; row += 1) {
    numbers[row] = machines.numberOf(row);
    if (users !== undefined) userNumbers[row] = users.numberOf(row);
  }
  const index = createTupleIndex(users === undefined ? [numbers] : [numbers, userNumbers]);
  for (let row = 0; row < length; row += 1) {
    const time = times[row] as number;
    const fact = facts[index.numberOf(row)];
    if (fact === undefined)
      facts.push({
        row,
        assets: machines.resultOf(numbers[row] as number, row),
        user: users?.resultOf(userNumbers[row] as number, row) ?? '',
        first: time,
        last: time,
      });
    else if (time < fact.first) fact.first = time;
    else if (time > fact.last) fact.last = time;
  }
  return facts;
}

const keyOf = ({ role, names }: SeenAsset): string =>
  `${role} ${names.map((name) => name.handle).join(' ')}`;

function isPerson(user: string): boolean {
  return user !== '' && !user.endsWith('$') && !systemAccounts.has(user.toLowerCase());
}
