import { Buffer } from 'node:buffer';
import { createDecoder, type EventBatch, Observation } from '@parapet/event-model';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createObservationThrottle } from './observation-throttle.ts';
import { observe } from './observe.ts';

const at = Date.UTC(2026, 0, 15, 9, 0, 0);

function decode(events: readonly unknown[]): EventBatch {
  const records = events.map((event, offset) => ({
    topicId: 'topic',
    partition: 0,
    offset,
    timestamp: at,
    value: Buffer.from(JSON.stringify(event)),
    headers: {},
  }));
  return createDecoder({ fields: () => [] }).decode(records).batches[0]!;
}

const logon = (user: string, second = 0, from = '10.0.0.9'): unknown => ({
  Channel: 'Security',
  EventID: 4624,
  Hostname: 'DC-1',
  TimeCreated: new Date(at + second * 1000).toISOString(),
  TargetUserName: user,
  IpAddress: from,
});

describe('a batch shows', () => {
  test('each asset once, with the time it spans and the people on it', () => {
    const observations = observe(
      decode([logon('b', 5), logon('a', 1), logon('a', 9), logon('DC-1$'), logon('SYSTEM')]),
    );
    expect(observations.map(({ role, names }) => [role, names.map(({ name }) => name)])).toEqual([
      ['device', ['dc-1']],
      ['endpoint', ['10.0.0.9']],
    ]);
    expect(observations[0]).toMatchObject({
      source: 'windows-security',
      platform: 'windows',
      firstSeen: at,
      lastSeen: at + 9_000,
      users: ['b', 'a'],
    });
    expect(observations[1]?.users).toEqual([]);
  });

  test('more users than one observation takes in several', () => {
    const observations = observe(decode(Array.from({ length: 40 }, (_, n) => logon(`user${n}`)))).filter(
      ({ role }) => role === 'device',
    );
    expect(observations.map(({ users }) => users.length)).toEqual([16, 16, 8]);
  });

  test('cloud accounts, and nothing where there is nothing to see', () => {
    const call = {
      eventSource: 's3.amazonaws.com',
      eventName: 'ListBuckets',
      awsRegion: 'x',
      recipientAccountId: '111122223333',
      userIdentity: { userName: 'ci' },
    };
    expect(observe(decode([call]))).toMatchObject([
      { role: 'cloud', names: [{ kind: 'account', name: '111122223333' }], users: ['ci'] },
    ]);
    expect(observe(decode([{ nothing: 1 }]))).toEqual([]);
  });
});

test('the users of one machine are told once each, however its name is written', () => {
  const events = Array.from({ length: 40 }, (_, n) => ({
    ...(logon(`user${n % 20}`, n) as object),
    Hostname: n < 20 ? 'DC-1' : 'dc-1.',
  }));
  const devices = observe(decode(events)).filter(({ role }) => role === 'device');
  expect(devices.map(({ users, lastSeen }) => [users.length, lastSeen - at])).toEqual([
    [16, 35_000],
    [4, 39_000],
  ]);
});

test('what was seen of one batch says nothing of the next, whose dictionaries may be others', () => {
  const one = observe(decode([logon('a', 5), logon('b', 5, '10.0.0.8')]));
  const other = observe(decode([logon('b', 1, '10.0.0.7'), logon('c', 2)]));
  expect(one.map(({ users, names, firstSeen }) => [names[0]?.name, users, firstSeen - at])).toEqual([
    ['dc-1', ['a', 'b'], 5_000],
    ['10.0.0.9', [], 5_000],
    ['10.0.0.8', [], 5_000],
  ]);
  expect(other.map(({ users, names, firstSeen }) => [names[0]?.name, users, firstSeen - at])).toEqual([
    ['dc-1', ['b', 'c'], 1_000],
    ['10.0.0.7', [], 1_000],
    ['10.0.0.9', [], 2_000],
  ]);
});

test('every observation is valid, whatever the events hold', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('x'.repeat(3_000)));
  const event = fc.record({
    Channel: fc.constant('Security'),
    EventID: fc.constantFrom(4624, 4688),
    Hostname: text,
    TargetUserName: text,
    IpAddress: fc.oneof(fc.ipV4(), fc.ipV6(), text),
  });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
      for (const observation of observe(decode(events)))
        expect(Observation.parse(observation)).toEqual(observation);
    }),
  );
});

describe('of what was told already the throttle lets through', () => {
  const seen = (second: number, users: string[] = [], name = 'h1'): Observation => ({
    schema: 1,
    names: [{ kind: 'host', name, handle: `ast_${name}` }],
    source: 'test',
    role: 'device',
    firstSeen: at + second * 1000,
    lastSeen: at + second * 1000,
    users,
  });
  const admitted = (observations: readonly Observation[], maxFacts?: number): number[] => {
    const throttle = createObservationThrottle(maxFacts === undefined ? {} : { maxFacts });
    return observations.flatMap((observation, index) =>
      throttle.admit([observation]).length > 0 ? [index] : [],
    );
  };

  test('nothing within a minute', () => {
    expect(admitted([seen(0), seen(1), seen(59), seen(-59)])).toEqual([0]);
  });
  test('a later or an earlier minute', () => {
    expect(admitted([seen(0), seen(60), seen(61), seen(120), seen(-60), seen(-61)])).toEqual([0, 1, 3, 4]);
  });
  test('another asset and another user', () => {
    expect(
      admitted([seen(0), seen(0, [], 'h2'), seen(1, ['a']), seen(2, ['a']), seen(3, ['a', 'b'])]),
    ).toEqual([0, 1, 2, 4]);
  });
  test('what it had to forget', () => {
    expect(
      admitted(
        [seen(0, [], 'h1'), seen(0, [], 'h2'), seen(0, [], 'h3'), seen(0, [], 'h3'), seen(0, [], 'h1')],
        2,
      ),
    ).toEqual([0, 1, 2, 4]);
  });
});
