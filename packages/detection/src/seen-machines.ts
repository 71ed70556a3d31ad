import {
  type AssetName,
  accountNameOf,
  addressNameOf,
  type EventBatch,
  type FieldValue,
  hostNameOf,
  userNameOf,
} from '@parapet/event-model';
import { createNumbered } from './numbered.ts';
import { createPairIndex } from './pair-index.ts';
import { createTimeSpans } from './time-spans.ts';
import { createRowRoom, createValueNumbers } from './value-numbers.ts';

/** The distinct facts of a batch, in the order of their first rows: that a machine is there, or a user on it. Good until the next batch. */
export interface MachineFacts {
  readonly size: number;
  /** The first row that shows the fact. */
  rowOf(fact: number): number;
  /** A number from 0, of a machine that logged events or of a cloud account. */
  machineOf(fact: number): number;
  userOf(fact: number): string | undefined;
  firstOf(fact: number): number;
  lastOf(fact: number): number;
  roleOf(machine: number): 'device' | 'cloud';
  /** Names of a machine, strongest first. */
  namesOf(machine: number): [AssetName, ...AssetName[]];
}

/** Names remembered; past them everything is forgotten, which costs time and nothing else. */
const maxNames = 100_000;

/** Makes a reader of the facts that batches show, one batch after another. */
export function createSeenMachines(): (batch: EventBatch) => MachineFacts {
  let memory = createMemory();
  return (batch) => {
    if (memory.machines.size + memory.names.size + memory.users.size > maxNames) memory = createMemory();
    return factsOf(batch, memory);
  };
}

type Memory = ReturnType<typeof createMemory>;

function createMemory() {
  const names = createNumbered<AssetName>();
  const users = createNumbered<string>();
  const numbersOfNames = (nameOf: (value: FieldValue) => AssetName | undefined) =>
    createValueNumbers((value) => {
      const name = nameOf(value);
      return name === undefined ? 0 : names.numberOf(name.handle, name);
    });
  users.numberOf('', '');
  return {
    names,
    users,
    /** A machine is the numbers of its host name and its address, 0 for none; a cloud account that of its name and `ofAccount`. */
    machines: createPairIndex(),
    hosts: numbersOfNames(hostNameOf),
    addresses: numbersOfNames(addressNameOf),
    accounts: numbersOfNames(accountNameOf),
    /** 0 where nobody is named, `nobody` where the name is of no person. */
    people: createValueNumbers((value) => {
      const name = userNameOf(value) ?? '';
      if (name === '') return 0;
      return isPerson(name) ? users.numberOf(name, name) : nobody;
    }),
    spans: createTimeSpans(),
    /** Machine and user of each fact of the batch. */
    facts: createPairIndex(),
    rooms: {
      hosts: createRowRoom(),
      addresses: createRowRoom(),
      accounts: createRowRoom(),
      actors: createRowRoom(),
      others: createRowRoom(),
      rows: createRowRoom(),
    },
  };
}

/** The number of the first user, whose name is empty. */
const nobody = 1;

const ofAccount = -1;

function factsOf(batch: EventBatch, memory: Memory): MachineFacts {
  const { names, users, machines, spans, facts: pairs, rooms } = memory;
  const { length, times } = batch;
  const hostColumn = batch.attribute('device.hostname');
  const addressColumn = batch.attribute('device.ip');
  const accountColumn = batch.attribute('cloud.account.uid');
  const isAnyThere = (hostColumn ?? addressColumn ?? accountColumn) !== undefined;
  const rows = rooms.rows(isAnyThere ? 2 * length : 0);
  let size = 0;
  spans.clear();
  pairs.clear();
  if (isAnyThere) {
    const hosts = memory.hosts(hostColumn, length, rooms.hosts(length));
    const addresses = memory.addresses(addressColumn, length, rooms.addresses(length));
    const accounts = memory.accounts(accountColumn, length, rooms.accounts(length));
    const actors = memory.people(batch.attribute('actor.user.name'), length, rooms.actors(length));
    const others = memory.people(batch.attribute('user.name'), length, rooms.others(length));
    const note = (row: number, first: number, second: number): void => {
      // The first that is named; the other does not count then.
      const user = actors[row] === 0 ? (others[row] as number) : (actors[row] as number);
      const fact = pairs.numberOf(machines.numberOf(first, second), user === nobody ? 0 : user);
      if (fact === size) {
        rows[size] = row;
        size += 1;
      }
      spans.add(fact, times[row] as number);
    };
    for (let row = 0; row < length; row += 1) {
      const host = hosts[row] as number;
      const address = addresses[row] as number;
      const account = accounts[row] as number;
      if (host !== 0 || address !== 0) note(row, host, address);
      if (account !== 0) note(row, account, ofAccount);
    }
  }
  return {
    size,
    rowOf: (fact) => rows[fact] as number,
    machineOf: pairs.firstOf,
    userOf: (fact) => (pairs.secondOf(fact) === 0 ? undefined : users.at(pairs.secondOf(fact))),
    firstOf: spans.firstOf,
    lastOf: spans.lastOf,
    roleOf: (machine) => (machines.secondOf(machine) === ofAccount ? 'cloud' : 'device'),
    namesOf(machine) {
      const [first, second] = [machines.firstOf(machine), machines.secondOf(machine)];
      if (first === 0) return [names.at(second)];
      return second <= 0 ? [names.at(first)] : [names.at(first), names.at(second)];
    },
  };
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
  return !user.endsWith('$') && !systemAccounts.has(user.toLowerCase());
}
