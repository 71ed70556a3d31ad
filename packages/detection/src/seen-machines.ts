import {
  assetsOf,
  type EventBatch,
  entitiesOf,
  type Observation,
  type SeenAsset,
} from '@parapet/event-model';
import { type AttributeLookup, createAttributeLookups } from './attribute-lookup.ts';
import { createAttributeViews } from './attribute-view.ts';
import { createTupleIndex } from './tuple-index.ts';

/** A machine that logged events, or a cloud account. */
export interface SeenMachine {
  readonly role: Observation['role'];
  readonly names: SeenAsset['names'];
  /** Among the machines of the batch, from 0. */
  number: number;
}

/** A person, as events name them. */
export interface SeenUser {
  readonly name: string;
  /** Among the people of the batch, from 0. */
  number: number;
}

/** Machines, and a user on them, with the times of the events that show both. */
export interface MachineFact {
  /** The first row that shows it. */
  readonly row: number;
  readonly machines: readonly SeenMachine[];
  readonly user: SeenUser | undefined;
  first: number;
  last: number;
}

/** Names remembered; past them everything is forgotten, which costs time and nothing else. */
const maxNames = 100_000;

/** Makes a reader of the distinct facts of a batch, in the order of their first rows. Numbers are good until the next batch. */
export function createSeenMachines(): (batch: EventBatch) => readonly MachineFact[] {
  let memory = createMemory();
  return (batch) => {
    if (memory.size() > maxNames) memory = createMemory();
    return factsOf(batch, memory);
  };
}

interface Memory {
  readonly machinesOf: (batch: EventBatch) => AttributeLookup<readonly Kept<SeenMachine>[]> | undefined;
  /** One look-up for each attribute that names users, strongest first. */
  readonly usersOf: readonly ((batch: EventBatch) => AttributeLookup<Kept<SeenUser>> | undefined)[];
  size(): number;
}

/** Something known, with the number of the batch that its own number is of. */
type Kept<T> = T & { batch: number };

function createMemory(): Memory {
  const machinePaths = ['device.hostname', 'device.ip', 'cloud.account.uid'];
  const machines = new Map<string, Kept<SeenMachine>>();
  const users = new Map<string, Kept<SeenUser>>();
  const viewOf = createAttributeViews(Object.fromEntries(machinePaths.map((path) => [path, path])));
  return {
    size: () => machines.size + users.size,
    machinesOf: createAttributeLookups(machinePaths, (batch, row) =>
      assetsOf(viewOf(batch), row)
        .filter(({ role }) => role !== 'endpoint')
        .map(({ role, names }) => {
          const key = `${role} ${names.map((name) => name.handle).join(' ')}`;
          return keptIn(machines, key, () => ({ role, names, number: 0, batch: 0 }));
        }),
    ),
    usersOf: ['actor.user.name', 'user.name'].map((path) => {
      const userView = createAttributeViews({ [path]: path });
      return createAttributeLookups([path], (batch, row) => {
        const { user: name = '' } = entitiesOf(userView(batch), row);
        return keptIn(users, name, () => ({ name, number: isPerson(name) ? 0 : noPerson, batch: 0 }));
      });
    }),
  };
}

function keptIn<T>(known: Map<string, T>, key: string, make: () => T): T {
  let one = known.get(key);
  if (one === undefined) {
    one = make();
    known.set(key, one);
  }
  return one;
}

const noPerson = -1;
let batches = 0;

function factsOf(batch: EventBatch, memory: Memory): readonly MachineFact[] {
  const machines = memory.machinesOf(batch);
  if (machines === undefined) return [];
  const users = memory.usersOf.flatMap((usersOf) => usersOf(batch) ?? []);
  const facts: MachineFact[] = [];
  const { length, times } = batch;
  batches += 1;
  const machineNumbers = new Uint32Array(length);
  const userNumbers = new Uint32Array(length);
  let [machineCount, userCount] = [0, 0];
  for (let row = 0; row < length; row += 1) {
    machineNumbers[row] = machines.numberOf(row);
    const user = userAt(users, row);
    if (user === undefined || user.number === noPerson) continue;
    if (user.batch !== batches) {
      user.batch = batches;
      user.number = userCount;
      userCount += 1;
    }
    userNumbers[row] = user.number + 1;
  }
  const index = createTupleIndex([machineNumbers, userNumbers]);
  for (let row = 0; row < length; row += 1) {
    const time = times[row] as number;
    const fact = facts[index.numberOf(row)];
    if (fact === undefined) {
      const shown = machines.resultOf(machineNumbers[row] as number, row);
      for (const machine of shown) {
        if (machine.batch === batches) continue;
        machine.batch = batches;
        machine.number = machineCount;
        machineCount += 1;
      }
      const user = userNumbers[row] === 0 ? undefined : userAt(users, row);
      facts.push({ row, machines: shown, user, first: time, last: time });
    } else if (time < fact.first) fact.first = time;
    else if (time > fact.last) fact.last = time;
  }
  return facts;
}

/** The first that is named; the attributes after it do not count. */
function userAt(users: readonly AttributeLookup<Kept<SeenUser>>[], row: number): Kept<SeenUser> | undefined {
  for (let index = 0; index < users.length; index += 1) {
    const lookup = users[index] as AttributeLookup<Kept<SeenUser>>;
    const user = lookup.resultOf(lookup.numberOf(row), row);
    if (user.name !== '') return user;
  }
  return undefined;
}

/** Accounts of the operating system, which say nothing about who uses a machine. */
const systemAccounts = new Set([
  'system',
  'local service',
  'network service',
  'anonymous logon',
  'lokaler dienst',
]);

function isPerson(user: string): boolean {
  return user !== '' && !user.endsWith('$') && !systemAccounts.has(user.toLowerCase());
}
