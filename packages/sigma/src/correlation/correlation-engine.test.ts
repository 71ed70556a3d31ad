import { describe, expect, it } from 'vitest';
import type { FieldValue } from '../column-batch.ts';
import { compileRules } from '../compile-rules.ts';
import { parseRules } from '../parse-rules.ts';
import { createCorrelationEngine, type RuleMatch } from './correlation-engine.ts';
import type { CorrelatorLimits } from './correlator.ts';
import { isSnapshotOf } from './correlator-snapshot.ts';

const rule = (id: string) => ({
  title: id,
  id: `${id}-id`,
  name: id,
  logsource: { product: 'p' },
  detection: { a: { x: 1 }, condition: 'a' },
});
const correlation = (id: string, body: object, more: object = {}) => ({
  title: id,
  id: `${id}-id`,
  name: id,
  correlation: { timespan: '10m', ...body },
  ...more,
});
const setOf = (...documents: readonly object[]) => {
  const parsed = parseRules(documents.map((document) => `--- ${JSON.stringify(document)}`).join('\n'));
  const set = compileRules(parsed.rules, { correlations: parsed.correlations });
  expect([...parsed.errors, ...set.errors]).toEqual([]);
  return set;
};
const engineOf = (documents: readonly object[], limits?: CorrelatorLimits) =>
  createCorrelationEngine(setOf(...documents).correlations, limits);

const minute = 60_000;
let refs = 0;
const hit = (
  name: string,
  minutes: number,
  fields: Record<string, FieldValue> = {},
  ref = `e${refs++}`,
): RuleMatch => ({
  rule: `${name}-id`,
  time: minutes * minute,
  ref,
  field: (field) => fields[field],
});
const told = (matches: ReturnType<ReturnType<typeof engineOf>['add']>) =>
  matches.map(
    ({ correlation: { name }, time, number, repeats }) =>
      `${name} at ${time / minute}: ${number}${repeats ? ' again' : ''}`,
  );

const failures = correlation('many', {
  type: 'event_count',
  rules: ['failed'],
  'group-by': ['Host'],
  condition: { gte: 3 },
});

describe('correlations', () => {
  it('count events of one group in a window that slides, its ends included', () => {
    const engine = engineOf([failures, rule('failed')]);
    expect(engine.add(hit('failed', 0, { Host: 'A' }))).toEqual([]);
    expect(engine.add(hit('failed', 1, { Host: 'b' }))).toEqual([]);
    expect(engine.add(hit('failed', 5, { Host: 'a' }))).toEqual([]);
    expect(told(engine.add(hit('failed', 10, { Host: 'a' })))).toEqual(['many at 10: 3']);
    expect(engine.add(hit('failed', 11, { Host: 'b' }))).toEqual([]);
    expect(engine.add(hit('failed', 11.1, { Host: 'b' }))).toEqual([]);
    expect(engine.add(hit('unknown', 11, { Host: 'a' }))).toEqual([]);
  });

  it('say which events made a match, of which group, and that it goes on', () => {
    const engine = engineOf([failures, rule('failed')], { maxContributions: 2 });
    const matches = [1, 2, 3, 4].flatMap((time) =>
      engine.add(hit('failed', time, { Host: 'Srv1' }, `event ${time}`)),
    );
    expect(matches).toMatchObject([
      {
        group: ['Srv1'],
        from: minute,
        time: 3 * minute,
        number: 3,
        total: 3,
        repeats: false,
        contributions: [
          { rule: 'failed-id', ref: 'event 2', time: 2 * minute },
          { rule: 'failed-id', ref: 'event 3', time: 3 * minute },
        ],
      },
      { number: 4, repeats: true },
    ]);
    const [next] = [13.5, 14, 14.5].flatMap((time) => engine.add(hit('failed', time, { Host: 'srv1' })));
    expect(next).toMatchObject({ time: 14 * minute, repeats: false });
  });

  it('count an event once, whoever gives it again and whatever rules it matches', () => {
    const engine = engineOf([
      correlation('any', { type: 'event_count', rules: ['one', 'two'], condition: { gte: 2 } }),
      correlation('both', { type: 'temporal', rules: ['one', 'two'] }),
      rule('one'),
      rule('two'),
    ]);
    expect(engine.add(hit('one', 1, {}, 'x'))).toEqual([]);
    expect(engine.add(hit('one', 1, {}, 'x'))).toEqual([]);
    expect(told(engine.add(hit('two', 1, {}, 'x')))).toEqual(['both at 1: 2']);
    expect(told(engine.add(hit('two', 1, {}, 'y')))).toEqual(['any at 1: 2', 'both at 1: 2 again']);
  });

  it('leave out events without a field that they group by or count', () => {
    const engine = engineOf([
      correlation('hosts', {
        type: 'value_count',
        rules: ['failed'],
        'group-by': ['User'],
        condition: { field: 'Host', gte: 2 },
      }),
      rule('failed'),
    ]);
    for (const fields of [{ Host: 'a' }, { User: 'u' }, { User: null, Host: 'b' }, { User: 'u', Host: null }])
      expect(engine.add(hit('failed', 1, fields))).toEqual([]);
    expect(engine.stats().get('hosts-id')).toMatchObject({ incomplete: 4, groups: 0 });
    expect(engine.add(hit('failed', 1, { User: 'u', Host: 'a' }))).toEqual([]);
    expect(engine.add(hit('failed', 2, { User: 'u', Host: 'A' }))).toEqual([]);
    expect(told(engine.add(hit('failed', 3, { User: 'u', Host: ['a', 'b'] })))).toEqual(['hosts at 3: 2']);
  });

  it('need an order where one is asked for, and take events of one time in any', () => {
    const documents = ['a', 'b', 'c'].map(rule);
    const body = { rules: ['a', 'b', 'c'], 'group-by': ['Host'] };
    const find = (type: string, names: string, times: readonly number[]) => {
      const engine = engineOf([correlation('t', { type, ...body }), ...documents]);
      return told(times.flatMap((time, index) => engine.add(hit(names.charAt(index), time, { Host: 'h' }))));
    };
    expect(find('temporal', 'cab', [1, 2, 3])).toEqual(['t at 3: 3']);
    expect(find('temporal_ordered', 'cab', [1, 2, 3])).toEqual([]);
    expect(find('temporal_ordered', 'cabc', [1, 2, 3, 4])).toEqual(['t at 4: 3']);
    expect(find('temporal_ordered', 'cba', [1, 1, 1])).toEqual(['t at 1: 3']);
    expect(find('temporal_ordered', 'abc', [0, 1, 10.1])).toEqual([]);
    // What comes late is put where it belongs.
    expect(find('temporal_ordered', 'acb', [1, 3, 2])).toEqual(['t at 3: 3']);
  });

  it('chain: failed logins of a host, then a login by the user they were for', () => {
    const engine = engineOf([
      correlation('broken', { type: 'temporal_ordered', rules: ['many', 'login'], 'group-by': ['User'] }),
      failures,
      rule('failed'),
      rule('login'),
    ]);
    const fields = { Host: 'srv', User: 'eve' };
    const before = [1, 2, 3, 12].flatMap((time) => engine.add(hit('failed', time, fields, `failed ${time}`)));
    expect(told(before)).toEqual(['many at 3: 3', 'many at 12: 3 again']);
    expect(told(engine.add(hit('login', 11, { User: 'bob' })))).toEqual([]);
    const [match, ...others] = engine.add(hit('login', 12, { User: 'Eve', Host: 'other' }, 'login'));
    expect(others).toEqual([]);
    expect(match).toMatchObject({
      correlation: { name: 'broken' },
      group: ['eve'],
      contributions: [
        { rule: 'many-id', events: ['failed 2', 'failed 3', 'failed 12'] },
        { rule: 'login-id', ref: 'login' },
      ],
    });
  });

  it('let a burst that goes on be present to a chain, and count it once', () => {
    const engine = engineOf([
      correlation('then', { type: 'temporal_ordered', rules: ['many', 'login'], timespan: '1m' }),
      correlation('bursts', { type: 'event_count', rules: ['many'], timespan: '1h', condition: { gte: 2 } }),
      failures,
      rule('failed'),
      rule('login'),
    ]);
    const found = [1, 2, 3, 4, 5, 6, 7].flatMap((time) => engine.add(hit('failed', time, { Host: 'h' })));
    expect(told(found).filter((text) => text.startsWith('bursts'))).toEqual([]);
    expect(told(engine.add(hit('login', 7.5)))).toEqual(['then at 7.5: 2']);
    const later = [14, 15, 16].flatMap((time) => engine.add(hit('failed', time, { Host: 'h' })));
    expect(told(later)).toContain('bursts at 14: 2');
  });

  it('read aliases from the events of each rule', () => {
    const engine = engineOf([
      correlation('flow', {
        type: 'temporal',
        rules: ['error', 'connection'],
        'group-by': ['internal'],
        aliases: { internal: { error: 'destination.ip', connection: 'source.ip' } },
      }),
      rule('error'),
      rule('connection'),
    ]);
    engine.add(hit('error', 1, { 'destination.ip': '10.0.0.1', 'source.ip': '10.0.0.9' }));
    expect(engine.add(hit('connection', 2, { 'source.ip': '10.0.0.9' }))).toEqual([]);
    expect(told(engine.add(hit('connection', 2, { 'source.ip': '10.0.0.1' })))).toEqual(['flow at 2: 2']);
  });

  it('find a value that is rare among all of its group', () => {
    const engine = engineOf([
      correlation('rare', {
        type: 'value_percentile',
        rules: ['process'],
        'group-by': ['Host'],
        condition: { field: 'Image', lte: 1 },
      }),
      rule('process'),
    ]);
    const common = Array.from({ length: 99 }, (_, index) =>
      hit('process', index / 100, { Host: 'h', Image: 'a' }),
    );
    expect(common.flatMap((match) => engine.add(match))).toEqual([]);
    expect(told(engine.add(hit('process', 1, { Host: 'h', Image: 'evil' })))).toEqual(['rare at 1: 1']);
  });

  it('refuse what is older than the watermark and forget what nothing can complete any more', () => {
    const engine = engineOf([failures, rule('failed')], { allowedLateness: 2 * minute });
    engine.add(hit('failed', 1, { Host: 'h' }));
    engine.add(hit('failed', 9, { Host: 'h' }));
    engine.advance(10 * minute);
    engine.advance(5 * minute);
    expect(engine.add(hit('failed', 7.9, { Host: 'h' }))).toEqual([]);
    expect(engine.stats().get('many-id')).toMatchObject({ late: 1, groups: 1 });
    expect(told(engine.add(hit('failed', 8, { Host: 'h' })))).toEqual(['many at 9: 3']);
    engine.advance(22 * minute);
    expect(engine.stats().get('many-id')).toMatchObject({ groups: 0 });
  });

  it('forget the group that was quiet longest, and the oldest entry, when there is no more room', () => {
    const engine = engineOf([failures, rule('failed')], { maxGroups: 2, maxEntries: 1 });
    for (const Host of ['a', 'b', 'a', 'c', 'b']) engine.add(hit('failed', 1, { Host }));
    expect(engine.stats().get('many-id')).toMatchObject({ groups: 2, droppedGroups: 2 });
    // A count of three needs three entries, whatever the limit.
    expect(told([2, 3].flatMap((time) => engine.add(hit('failed', time, { Host: 'b' }))))).toEqual([
      'many at 3: 3',
    ]);
    for (const time of [4, 5]) engine.add(hit('failed', time, { Host: 'b' }));
    expect(engine.stats().get('many-id')?.droppedEntries).toBe(1);
  });

  it('forget whole groups when there is no more room for all of them together', () => {
    const engine = engineOf([failures, rule('failed')], { maxTotalEntries: 4 });
    const add = (Host: string, time: number) => engine.add(hit('failed', time, { Host }));
    for (const time of [1, 2]) for (const Host of ['a', 'b']) add(Host, time);
    add('b', 3);
    expect(engine.stats().get('many-id')).toMatchObject({ groups: 1, droppedGroups: 1, droppedEntries: 0 });
    // What is forgotten by time makes room too.
    engine.advance(60);
    engine.advance(60 * minute);
    for (const Host of ['c', 'd']) for (const time of [60, 61]) add(Host, time);
    expect(engine.stats().get('many-id')).toMatchObject({ groups: 2, droppedGroups: 1 });
  });

  it('go on from a snapshot, but not from one of another definition', () => {
    const { correlations } = setOf(failures, rule('failed'));
    const engine = createCorrelationEngine(correlations);
    for (const time of [1, 2]) engine.add(hit('failed', time, { Host: 'h' }));
    engine.advance(2 * minute);
    const snapshots = JSON.parse(JSON.stringify(engine.snapshot())) as ReturnType<typeof engine.snapshot>;
    const next = createCorrelationEngine(correlations, {}, snapshots);
    expect(told(next.add(hit('failed', 3, { Host: 'h' })))).toEqual(['many at 3: 3']);
    const changed = setOf(
      { ...failures, correlation: { ...failures.correlation, timespan: '1h' } },
      rule('failed'),
    );
    const snapshot = snapshots['many-id'];
    if (snapshot === undefined) throw new Error('no snapshot');
    expect(changed.correlations.map((linked) => isSnapshotOf(snapshot, linked))).toEqual([false]);
    expect(correlations.map((linked) => isSnapshotOf(snapshot, linked))).toEqual([true]);
    const other = createCorrelationEngine(changed.correlations, {}, snapshots);
    expect(other.add(hit('failed', 3, { Host: 'h' }))).toEqual([]);
  });
});
