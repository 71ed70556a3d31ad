import { Buffer } from 'node:buffer';
import {
  assetsOf,
  createDecoder,
  type EventBatch,
  entitiesOf,
  type Observation,
  type SeenAsset,
} from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { observe } from './observe.ts';

const at = Date.UTC(2026, 0, 15, 9, 0, 0);
const systemAccounts = ['system', 'anonymous logon'];

/** What a batch shows, event by event: the specification, written down plainly. */
function naiveObserve(batch: EventBatch): readonly Observation[] {
  const facts = new Map<string, Fact>();
  for (let row = 0; row < batch.length; row += 1) {
    const { user = '' } = entitiesOf(batch)(row);
    const isPerson = user !== '' && !user.endsWith('$') && !systemAccounts.includes(user.toLowerCase());
    for (const { role, names } of assetsOf(batch, row)) {
      const asset = JSON.stringify([role, names]);
      const person = role !== 'endpoint' && isPerson ? user : undefined;
      const key = JSON.stringify([asset, person]);
      const time = batch.times[row] ?? 0;
      const fact: Fact = facts.get(key) ?? { asset, role, names, person, row, times: [] };
      fact.times.push(time);
      facts.set(key, fact);
    }
  }
  const observations = new Map<string, Observation[]>();
  for (const { asset, role, names, person, row, times } of facts.values()) {
    const told = observations.get(asset) ?? [];
    observations.set(asset, told);
    const last = told.at(-1);
    const [firstSeen, lastSeen] = [Math.min(...times), Math.max(...times)];
    const isNew = person !== undefined && !last?.users.includes(person);
    if (last !== undefined && (!isNew || last.users.length < 16)) {
      last.firstSeen = Math.min(last.firstSeen, firstSeen);
      last.lastSeen = Math.max(last.lastSeen, lastSeen);
      if (isNew) last.users.push(person);
      continue;
    }
    const platform = role === 'device' ? batch.attributeValue(row, 'device.os.type') : undefined;
    told.push({
      schema: 1,
      names: [...names],
      source: batch.source,
      role,
      firstSeen,
      lastSeen,
      users: person === undefined ? [] : [person],
      ...(typeof platform === 'string' ? { platform: platform.toLowerCase() } : {}),
    });
  }
  return [...observations.values()].flat();
}

interface Fact {
  readonly asset: string;
  readonly role: Observation['role'];
  readonly names: SeenAsset['names'];
  readonly person: string | undefined;
  readonly row: number;
  readonly times: number[];
}

const sorted = (observations: readonly Observation[]): readonly string[] =>
  observations.map((one) => JSON.stringify(Object.entries(one).sort())).sort();

const address = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.3',
  '192.168.7.7',
  '8.8.8.8',
  '',
  'no address',
);
const name = fc.constantFrom(
  'ada',
  'bob',
  'SYSTEM',
  'ws-1$',
  '',
  ...Array.from({ length: 30 }, (_, n) => `u${n}`),
);
/** Keys may be missing. */
const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });
const ocsf = fc.record({
  class_uid: fc.constant(3002),
  category_uid: fc.constant(3),
  metadata: fc.constant({ version: '1.6.0', product: { name: 'x' } }),
  time: fc.integer({ min: at, max: at + 50_000 }),
  device: some({
    hostname: fc.constantFrom('h1', 'h2', 'H1', ''),
    ip: address,
    os: fc.constant({ type: 'Linux' }),
  }),
  src_endpoint: some({ ip: address }),
  dst_endpoint: some({ ip: address }),
  actor: some({ user: some({ name }) }),
  user: some({ name }),
  cloud: some({ account: some({ uid: fc.constantFrom('1111', '2222') }) }),
});
const logon = fc.record({
  Channel: fc.constant('Security'),
  EventID: fc.constantFrom(4624, 4688),
  Hostname: fc.constantFrom('DC-1', 'ws-7'),
  TimeCreated: fc.integer({ min: 0, max: 50_000 }).map((offset) => new Date(at + offset).toISOString()),
  SubjectUserName: name,
  TargetUserName: name,
  IpAddress: address,
});
const conn = fc.record({
  _path: fc.constant('conn'),
  ts: fc.integer({ min: 0, max: 50_000 }).map((offset) => (at + offset) / 1000),
  uid: fc.constant('CxyZ01'),
  'id.orig_h': address,
  'id.orig_p': fc.constant(4000),
  'id.resp_h': address,
  'id.resp_p': fc.constant(443),
  proto: fc.constant('tcp'),
});

test('what a batch shows is what its events show one by one', () => {
  const roles = new Set<string>();
  const events = fc.array(fc.oneof(ocsf, logon, conn), { minLength: 1, maxLength: 90, size: 'max' });
  fc.assert(
    fc.property(fc.array(events, { minLength: 1, maxLength: 3 }), (lists) => {
      // What is remembered of one batch must do for the next.
      const decoder = createDecoder({ fields: () => [] });
      for (const list of lists) {
        const records = list.map((event, offset) => ({
          topicId: 'topic',
          partition: 0,
          offset,
          timestamp: at,
          value: Buffer.from(JSON.stringify(event)),
          headers: {},
        }));
        for (const batch of decoder.decode(records).batches) {
          const observations = observe(batch);
          for (const { role, users } of observations) roles.add(`${role} ${users.length === 16}`);
          expect(sorted(observations)).toEqual(sorted(naiveObserve(batch)));
        }
      }
    }),
    // Of chance alone, sixteen users on one machine are rare: this seed has them.
    { numRuns: 100, seed: 20 },
  );
  expect([...roles].sort()).toEqual(
    expect.arrayContaining(['cloud false', 'device false', 'device true', 'endpoint false']),
  );
});
