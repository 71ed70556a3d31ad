import { assetsOf, boundedText, type EventBatch, entitiesOf, type Observation } from '@parapet/event-model';

/**
 * Attributes that decide together what an event says about assets, and the roles they decide. An endpoint is looked at
 * apart from the machine that saw it and from the other end: pairs of addresses are many, addresses are few.
 */
const tellings: readonly {
  readonly roles: readonly Observation['role'][];
  readonly paths: readonly string[];
}[] = [
  {
    roles: ['device', 'cloud'],
    paths: [
      'device.hostname',
      'device.ip',
      'device.os.type',
      'cloud.account.uid',
      'actor.user.name',
      'user.name',
    ],
  },
  { roles: ['endpoint'], paths: ['src_endpoint.ip', 'device.ip'] },
  { roles: ['endpoint'], paths: ['dst_endpoint.ip', 'device.ip'] },
];
const maxUsers = 16;
/** Accounts of the operating system, which say nothing about who uses a machine. */
const systemAccounts = new Set([
  'system',
  'local service',
  'network service',
  'anonymous logon',
  'lokaler dienst',
]);

interface Fact {
  row: number;
  first: number;
  last: number;
}

/**
 * The assets that a batch shows, each distinct fact once. Events with equal names are looked at once; the users seen on
 * an asset are gathered (16 at most per observation; more make another one).
 */
export function observe(batch: EventBatch): readonly Observation[] {
  const merged = new Map<string, Observation>();
  const found: Observation[] = [];
  for (const { roles, row, first, last, only } of factsOf(batch)) {
    const { user } = entitiesOf(only, row);
    for (const { role, names } of assetsOf(only, row)) {
      if (!roles.includes(role)) continue;
      const key = `${role} ${names.map((name) => name.handle).join(' ')}`;
      const users = role === 'endpoint' || user === undefined || !isPerson(user) ? [] : [user];
      const known = merged.get(key);
      if (
        known !== undefined &&
        (users.every((name) => known.users.includes(name)) || known.users.length < maxUsers)
      ) {
        known.firstSeen = Math.min(known.firstSeen, first);
        known.lastSeen = Math.max(known.lastSeen, last);
        for (const name of users) if (!known.users.includes(name)) known.users.push(name);
        continue;
      }
      const platform = role === 'device' ? batch.attributeValue(row, 'device.os.type') : undefined;
      const observation: Observation = {
        schema: 1,
        names: names.slice(0, 16),
        source: batch.source.slice(0, 100),
        role,
        firstSeen: first,
        lastSeen: last,
        users,
        ...(typeof platform === 'string' ? { platform: boundedText(platform.toLowerCase(), 100) } : {}),
      };
      merged.set(key, observation);
      found.push(observation);
    }
  }
  return found;
}

interface Told extends Fact {
  readonly roles: readonly Observation['role'][];
  /** The batch, as if it had the telling attributes and no others. */
  readonly only: EventBatch;
}

function* factsOf(batch: EventBatch): Iterable<Told> {
  for (const { roles, paths } of tellings) {
    const [main = ''] = paths;
    if (roles.includes('endpoint') && batch.attribute(main) === undefined) continue;
    const attributeValue: EventBatch['attributeValue'] = (row, path) =>
      paths.includes(path) ? batch.attributeValue(row, path) : undefined;
    const only: EventBatch = Object.create(batch, { attributeValue: { value: attributeValue } });
    for (const fact of distinctFacts(batch, paths)) yield { ...fact, roles, only };
  }
}

/** One fact per distinct combination of the attributes' codes. */
function distinctFacts(batch: EventBatch, paths: readonly string[]): readonly Fact[] {
  const columns = paths.map((path) => batch.attribute(path)?.codes).filter((codes) => codes !== undefined);
  const facts: Fact[] = [];
  if (columns.length === 0) return facts;
  /** Numbers of facts, plus one, by hash of their codes, 0 for free: open addressing, at most half full. */
  let slots = new Uint32Array(64);
  let previous: Fact | undefined;
  for (let row = 0; row < batch.length; row += 1) {
    const time = batch.times[row] ?? 0;
    // Events of one machine often come one after another.
    let fact = previous !== undefined && isSame(columns, row, previous.row) ? previous : undefined;
    if (fact === undefined) {
      let slot = hashAt(columns, row) & (slots.length - 1);
      for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
        const candidate = facts[(slots[slot] ?? 0) - 1];
        if (candidate === undefined || !isSame(columns, row, candidate.row)) continue;
        fact = candidate;
        break;
      }
      if (fact === undefined) {
        fact = { row, first: time, last: time };
        slots[slot] = facts.push(fact);
        if (facts.length * 2 > slots.length) slots = grown(slots, facts, columns);
      }
      previous = fact;
    }
    if (time < fact.first) fact.first = time;
    if (time > fact.last) fact.last = time;
  }
  return facts;
}

function hashAt(columns: readonly Uint32Array[], row: number): number {
  let hash = 0;
  for (let index = 0; index < columns.length; index += 1) {
    hash = Math.imul(hash ^ (columns[index]?.[row] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

function isSame(columns: readonly Uint32Array[], row: number, other: number): boolean {
  for (let index = 0; index < columns.length; index += 1) {
    const codes = columns[index];
    if (codes?.[row] !== codes?.[other]) return false;
  }
  return true;
}

function grown(
  slots: Uint32Array,
  facts: readonly Fact[],
  columns: readonly Uint32Array[],
): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(slots.length * 2);
  for (const [index, { row }] of facts.entries()) {
    let slot = hashAt(columns, row) & (next.length - 1);
    while (next[slot] !== 0) slot = (slot + 1) & (next.length - 1);
    next[slot] = index + 1;
  }
  return next;
}

function isPerson(user: string): boolean {
  return !user.endsWith('$') && !systemAccounts.has(user.toLowerCase());
}
