import { assetsOf, boundedText, type EventBatch, entitiesOf, type Observation } from '@parapet/event-model';

/** Attributes that decide what an event says about assets. */
const telling = [
  'device.hostname',
  'device.ip',
  'device.os.type',
  'src_endpoint.ip',
  'dst_endpoint.ip',
  'cloud.account.uid',
  'actor.user.name',
  'user.name',
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
  for (const { row, first, last } of distinctFacts(batch)) {
    const { user } = entitiesOf(batch, row);
    for (const { role, names } of assetsOf(batch, row)) {
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

function distinctFacts(batch: EventBatch): Iterable<Fact> {
  const columns = telling.map((path) => batch.attribute(path)?.codes).filter((codes) => codes !== undefined);
  const facts = new Map<string, Fact>();
  if (columns.length === 0) return [];
  for (let row = 0; row < batch.length; row += 1) {
    let key = '';
    for (const codes of columns) key += `${codes[row] ?? 0},`;
    const time = batch.times[row] ?? 0;
    const fact = facts.get(key);
    if (fact === undefined) facts.set(key, { row, first: time, last: time });
    else {
      if (time < fact.first) fact.first = time;
      if (time > fact.last) fact.last = time;
    }
  }
  return facts.values();
}

function isPerson(user: string): boolean {
  return !user.endsWith('$') && !systemAccounts.has(user.toLowerCase());
}
