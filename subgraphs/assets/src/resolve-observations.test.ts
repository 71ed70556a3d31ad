import { type AssetHandleKind, assetHandle, type Observation } from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KnownAssets, resolveObservations } from './resolve-observations.ts';

const nothing: KnownAssets = { names: new Map(), assets: new Map() };
const name = (kind: AssetHandleKind, value: string) => ({
  kind,
  name: value,
  handle: assetHandle(kind, value),
});

function anObservation(names: [AssetHandleKind, string][], at: number, overrides: Partial<Observation> = {}) {
  return {
    schema: 1,
    names: names.map(([kind, value]) => name(kind, value)),
    source: 'windows-sysmon',
    role: 'device',
    firstSeen: at,
    lastSeen: at,
    users: [],
    ...overrides,
  } satisfies Observation;
}

/** Applies batches as the writer does: each one sees what the ones before left. */
function applyAll(batches: readonly (readonly Observation[])[]) {
  const names = new Map(nothing.names);
  const assets = new Map(nothing.assets);
  for (const batch of batches) {
    const changes = resolveObservations({ names, assets }, batch);
    for (const asset of changes.assets) assets.set(asset.id, asset);
    for (const state of changes.names) names.set(state.handle, state);
    for (const { from } of changes.merges) assets.delete(from);
  }
  return { names, assets };
}

const owner = (state: KnownAssets, kind: AssetHandleKind, value: string) =>
  state.assets.get(state.names.get(assetHandle(kind, value))?.assetId ?? '')?.name;

test('a host with its address is one asset, named and identified by the host', () => {
  const { assets, names } = applyAll([
    [
      anObservation(
        [
          ['ip', '10.0.0.1'],
          ['host', 'WS01'],
        ],
        5,
      ),
    ],
  ]);
  expect([...assets.values()]).toEqual([
    {
      id: assetHandle('host', 'WS01'),
      name: 'WS01',
      kind: 'host',
      platform: null,
      firstSeen: 5,
      lastSeen: 5,
    },
  ]);
  expect(names.size).toBe(2);
});

test('a new address on a known host is attached to it', () => {
  const state = applyAll([
    [
      anObservation(
        [
          ['host', 'WS01'],
          ['ip', '10.0.0.1'],
        ],
        5,
      ),
    ],
    [
      anObservation(
        [
          ['host', 'WS01'],
          ['ip', '10.0.0.2'],
        ],
        6,
      ),
    ],
  ]);
  expect(state.assets.size).toBe(1);
  expect(owner(state, 'ip', '10.0.0.1')).toBe('WS01');
  expect(owner(state, 'ip', '10.0.0.2')).toBe('WS01');
});

test('an address seen alone stands for the host that has it', () => {
  const state = applyAll([
    [
      anObservation(
        [
          ['host', 'WS01'],
          ['ip', '10.0.0.1'],
        ],
        5,
      ),
    ],
    [anObservation([['ip', '10.0.0.1']], 90)],
  ]);
  expect([...state.assets.values()]).toMatchObject([{ name: 'WS01', firstSeen: 5, lastSeen: 90 }]);
});

test('an address that was an asset of its own becomes part of the host it is seen with', () => {
  const state = applyAll([
    [anObservation([['ip', '10.0.0.1']], 1)],
    [
      anObservation(
        [
          ['host', 'WS01'],
          ['ip', '10.0.0.1'],
        ],
        5,
      ),
    ],
  ]);
  expect([...state.assets.values()]).toMatchObject([{ name: 'WS01', firstSeen: 1, lastSeen: 5 }]);
  expect(owner(state, 'ip', '10.0.0.1')).toBe('WS01');
});

test('users of an address move with it', () => {
  const alone = anObservation([['ip', '10.0.0.1']], 1, { users: ['alice'] });
  const together = anObservation(
    [
      ['host', 'WS01'],
      ['ip', '10.0.0.1'],
    ],
    5,
    { users: ['bob'] },
  );
  const changes = resolveObservations(nothing, [alone, together]);
  const id = assetHandle('host', 'WS01');
  expect(changes.merges).toEqual([{ from: assetHandle('ip', '10.0.0.1'), into: id }]);
  expect(changes.assets.map((asset) => asset.id)).toEqual([id]);
  expect(changes.users).toEqual([
    { assetId: id, user: 'bob', firstSeen: 5, lastSeen: 5 },
    { assetId: id, user: 'alice', firstSeen: 1, lastSeen: 1 },
  ]);
});

test('a lent address goes to the host last seen with it, in whatever order that is told, and both hosts stay', () => {
  const early = anObservation(
    [
      ['host', 'WS01'],
      ['ip', '10.0.0.1'],
    ],
    5,
  );
  const late = anObservation(
    [
      ['host', 'WS02'],
      ['ip', '10.0.0.1'],
    ],
    9,
  );
  for (const batches of [[[early], [late]], [[late], [early]], [[early, late]], [[late, early]]]) {
    const state = applyAll(batches);
    expect(owner(state, 'ip', '10.0.0.1')).toBe('WS02');
    expect(state.assets.size).toBe(2);
  }
});

test('seeing an address alone does not tie it to its host any longer', () => {
  const state = applyAll([
    [
      anObservation(
        [
          ['host', 'WS01'],
          ['ip', '10.0.0.1'],
        ],
        5,
      ),
    ],
    [anObservation([['ip', '10.0.0.1']], 90)],
    [
      anObservation(
        [
          ['host', 'WS02'],
          ['ip', '10.0.0.1'],
        ],
        50,
      ),
    ],
  ]);
  expect(owner(state, 'ip', '10.0.0.1')).toBe('WS02');
});

test('a second host name goes to the first; a host that is an asset already stays one', () => {
  const both = anObservation(
    [
      ['host', 'ws01.corp'],
      ['host', 'WS01'],
    ],
    5,
  );
  const aliased = applyAll([[both], [anObservation([['host', 'WS01']], 6)]]);
  expect([...aliased.assets.values()]).toMatchObject([{ name: 'ws01.corp', lastSeen: 6 }]);
  const apart = applyAll([[anObservation([['host', 'WS01']], 1)], [both]]);
  expect(apart.assets.size).toBe(2);
  expect(owner(apart, 'host', 'WS01')).toBe('WS01');
});

test('the platform is the one told last', () => {
  const at = (time: number, platform?: string) =>
    anObservation([['host', 'WS01']], time, platform ? { platform } : {});
  const platformAfter = (...batch: Observation[]) => [...applyAll([batch]).assets.values()][0]?.platform;
  expect(platformAfter(at(1, 'windows'), at(2))).toBe('windows');
  expect(platformAfter(at(5, 'linux'), at(2, 'windows'))).toBe('linux');
  expect(platformAfter(at(5), at(2, 'windows'))).toBe('windows');
});

test('names too long for an index are cut', () => {
  const { assets } = applyAll([[anObservation([['host', 'x'.repeat(1000)]], 1)]]);
  expect([...assets.values()][0]?.name).toHaveLength(500);
});

const observations = fc.array(
  fc
    .record({
      host: fc.option(fc.constantFrom('A', 'B', 'C')),
      ip: fc.option(fc.constantFrom('10.0.0.1', '10.0.0.2')),
      at: fc.integer({ min: 0, max: 20 }),
      lasts: fc.integer({ min: 0, max: 3 }),
    })
    .filter(({ host, ip }) => host !== null || ip !== null)
    .map(({ host, ip, at, lasts }) =>
      anObservation(
        [
          ...(host ? [['host', host] as ['host', string]] : []),
          ...(ip ? [['ip', ip] as ['ip', string]] : []),
        ],
        at,
        {
          lastSeen: at + lasts,
        },
      ),
    ),
  { minLength: 1, maxLength: 12 },
);

test('order, batching and repetition of observations do not matter for who owns which name, and since when', () => {
  fc.assert(
    fc.property(
      observations,
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      (all, random, size) => {
        const expected = applyAll([all]);
        const shuffled = [...all, ...all.slice(0, 3)]
          .map((each) => ({ each, at: random.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        const batches = shuffled.flatMap((_, i) => (i % size === 0 ? [shuffled.slice(i, i + size)] : []));
        const actual = applyAll(batches);
        const sorted = (state: KnownAssets) =>
          [...state.names.values()].sort((a, b) => (a.handle < b.handle ? -1 : 1));
        expect(sorted(actual)).toEqual(sorted(expected));
        expect([...actual.assets.keys()].sort()).toEqual([...expected.assets.keys()].sort());
        // Every name has an asset, and every asset a name.
        expect(new Set([...actual.names.values()].map(({ assetId }) => assetId))).toEqual(
          new Set(actual.assets.keys()),
        );
      },
    ),
    { numRuns: 300 },
  );
});
