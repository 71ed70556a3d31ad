import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldValue } from '../column-batch.ts';
import { compileRules } from '../compile-rules.ts';
import { parseRules } from '../parse-rules.ts';
import { type CorrelationInput, createCorrelator } from './correlator.ts';
import type { LinkedCorrelation } from './link-correlations.ts';

const ruleNames = ['r0', 'r1', 'r2'];
const rules = ruleNames.map((id) => ({
  title: id,
  id,
  logsource: { product: 'p' },
  detection: { a: { x: 1 }, condition: 'a' },
}));

function linkedOf(correlation: object): LinkedCorrelation {
  const documents = [...rules, { title: 'c', id: 'c', correlation: { rules: ruleNames, ...correlation } }];
  const parsed = parseRules(documents.map((document) => `--- ${JSON.stringify(document)}`).join('\n'));
  const set = compileRules(parsed.rules, { correlations: parsed.correlations });
  expect([...parsed.errors, ...set.errors]).toEqual([]);
  const [linked] = set.correlations;
  if (linked === undefined) throw new Error('no correlation');
  return linked;
}

const threshold = fc.oneof(
  fc.tuple(fc.constantFrom('gte', 'gt', 'eq', 'neq', 'lte'), fc.integer({ min: 1, max: 3 })),
  fc.tuple(fc.constant('lt'), fc.integer({ min: 2, max: 3 })),
);
const thresholds = threshold.map((pair) => Object.fromEntries([pair]) as Record<string, number>);
const correlation = fc.oneof(
  thresholds
    .filter((condition) => (condition['gt'] ?? 0) < 3)
    .chain((condition) =>
      fc.constantFrom('event_count', 'temporal', 'temporal_ordered').map((type) => ({ type, condition })),
    ),
  fc.constantFrom('r0 and r1', 'r0 and not r1', '2 of r*', 'r2 or (r0 and r1)').map((condition) => ({
    type: 'temporal',
    condition,
  })),
  fc
    .tuple(
      fc.constantFrom('value_count', 'value_sum', 'value_avg', 'value_median', 'value_percentile'),
      thresholds,
    )
    .map(([type, condition]) => ({ type, condition: { field: 'v', ...condition } })),
  fc.tuple(thresholds, fc.constantFrom(0, 10, 50, 99, 100)).map(([condition, percentile]) => ({
    type: 'value_percentile',
    condition: { field: 'v', ...condition, percentile },
  })),
);
const timespan = 10_000;
const input = fc.record({
  source: fc.integer({ min: 0, max: 2 }),
  // Steps of a second over three windows, so that entries meet, repeat, and fall out.
  time: fc.integer({ min: 0, max: 30 }).map((second) => second * 1_000),
  group: fc.constantFrom<FieldValue>('a', 'A', 'b', 7, '7', null),
  value: fc.constantFrom<FieldValue>(1, 2, '2', 3, -1, 'text', null),
  ref: fc.integer({ min: 0, max: 40 }).map(String),
});
type Given = typeof input extends fc.Arbitrary<infer T> ? T : never;

const toInput = ({ source, time, group, value, ref }: Given): CorrelationInput => ({
  source,
  time,
  group: [group],
  values: [value],
  ref,
});

/**
 * The meaning of a correlation with no thought of speed: after each event, all windows that hold it and end with an
 * event are looked at from the beginning.
 */
function createReference(linked: LinkedCorrelation) {
  const { type, condition } = linked.correlation;
  const all: Given[] = [];
  const told: { group: string; time: number }[] = [];
  const byRule = type.startsWith('temporal');
  const fields = condition.kind === 'thresholds' ? condition.fields : [];
  const percentile = condition.kind === 'thresholds' ? condition.percentile : undefined;
  const isText = type === 'value_count' || (type === 'value_percentile' && percentile === undefined);
  const usable = ({ group, value }: Given) =>
    group !== null &&
    (fields.length === 0 || (isText ? value !== null : value !== null && !Number.isNaN(Number(value))));

  const numberOf = (window: readonly Given[], last: Given): number => {
    const numbers = window.map(({ value }) => Number(value)).sort((a, b) => a - b);
    const total = numbers.reduce((sum, number) => sum + number, 0);
    const at = (percent: number) => {
      const rank = ((numbers.length - 1) * percent) / 100;
      const [low = 0, high = 0] = [numbers[Math.floor(rank)], numbers[Math.ceil(rank)]];
      return low + (high - low) * (rank % 1);
    };
    switch (type) {
      case 'event_count':
        return window.length;
      case 'value_count':
        return new Set(window.map(({ value }) => String(value))).size;
      case 'temporal':
        return new Set(window.map(({ source }) => source)).size;
      case 'temporal_ordered':
        return Math.max(...subsets.map((sources) => (inOrder(sources, window) ? sources.length : 0)));
      case 'value_sum':
        return total;
      case 'value_avg':
        return total / numbers.length;
      case 'value_median':
        return at(50);
      case 'value_percentile':
        return percentile === undefined
          ? (100 * window.filter(({ value }) => String(value) === String(last.value)).length) / window.length
          : at(percentile);
    }
  };
  const subsets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];
  const inOrder = (sources: readonly number[], window: readonly Given[]): boolean => {
    let from = Number.NEGATIVE_INFINITY;
    return sources.every((source) => {
      const times = window.filter((one) => one.source === source && one.time >= from).map(({ time }) => time);
      from = Math.min(...times);
      return times.length > 0;
    });
  };
  const holds = (window: readonly Given[], number: number): boolean => {
    if (condition.kind === 'rules') {
      const has = (source: number) => window.some((one) => one.source === source);
      const text = conditionTexts.get(JSON.stringify(condition.condition));
      if (text === 'r0 and r1') return has(0) && has(1);
      if (text === 'r0 and not r1') return has(0) && !has(1);
      if (text === '2 of r*') return [0, 1, 2].filter(has).length >= 2;
      return has(2) || (has(0) && has(1));
    }
    return condition.thresholds.every(({ comparison, value }) => {
      if (comparison === 'gte') return number >= value;
      if (comparison === 'gt') return number > value;
      if (comparison === 'lte') return number <= value;
      if (comparison === 'lt') return number < value;
      return comparison === 'eq' ? number === value : number !== value;
    });
  };

  return (given: Given): { time: number; number: number; total: number; repeats: boolean } | undefined => {
    if (!usable(given)) return undefined;
    const key = String(given.group).toLowerCase();
    const isSame = (one: Given) =>
      String(one.group).toLowerCase() === key &&
      one.time === given.time &&
      one.ref === given.ref &&
      (!byRule || one.source === given.source);
    if (all.some(isSame)) return undefined;
    all.push(given);
    const group = all.filter((one) => String(one.group).toLowerCase() === key);
    const ends = Array.from(new Set(group.map(({ time }) => time)))
      .filter((end) => end >= given.time && end <= given.time + timespan)
      .filter((end) => type !== 'value_percentile' || percentile !== undefined || end === given.time)
      .sort((a, b) => a - b);
    const held = ends.flatMap((end) => {
      const window = group.filter(({ time }) => time <= end && time >= end - timespan);
      const number = numberOf(window, given);
      const repeats = told.some((one) => one.group === key && Math.abs(one.time - end) <= timespan);
      return holds(window, number) ? [{ time: end, number, total: window.length, repeats }] : [];
    });
    const news = held.find(({ repeats }) => !repeats);
    if (news !== undefined) told.push({ group: key, time: news.time });
    return news ?? held[0];
  };
}

const conditionTexts = new Map(
  ['r0 and r1', 'r0 and not r1', '2 of r*', 'r2 or (r0 and r1)'].map((text) => {
    const { condition } = linkedOf({
      type: 'temporal',
      'group-by': ['g'],
      timespan: '10s',
      condition: text,
    }).correlation;
    return [JSON.stringify(condition.kind === 'rules' ? condition.condition : undefined), text];
  }),
);

describe('a correlator', () => {
  it('finds what looking at all windows anew finds, in any order of events, also over snapshots', () => {
    fc.assert(
      fc.property(
        correlation,
        fc.array(
          fc.oneof(
            { weight: 12, arbitrary: input },
            { weight: 1, arbitrary: fc.constant('snapshot' as const) },
          ),
          {
            maxLength: 40,
          },
        ),
        fc.boolean(),
        (body, steps, sorted) => {
          const linked = linkedOf({ 'group-by': ['g'], timespan: '10s', ...body });
          const reference = createReference(linked);
          let correlator = createCorrelator(linked);
          const inputs = sorted
            ? steps.toSorted((a, b) => (typeof a === 'string' || typeof b === 'string' ? 0 : a.time - b.time))
            : steps;
          for (const step of inputs) {
            if (step === 'snapshot') {
              const plain = JSON.parse(JSON.stringify(correlator.snapshot())) as ReturnType<
                typeof correlator.snapshot
              >;
              correlator = createCorrelator(linked, {}, plain);
              continue;
            }
            const match = correlator.add(toInput(step));
            const found = match && {
              time: match.time,
              number: match.number,
              total: match.total,
              repeats: match.repeats,
            };
            expect(found).toEqual(reference(step));
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('finds the same with a watermark as without, as long as no event is later than allowed', () => {
    fc.assert(
      fc.property(correlation, fc.array(input, { maxLength: 60 }), (body, given) => {
        const linked = linkedOf({ 'group-by': ['g'], timespan: '10s', ...body });
        const reference = createReference(linked);
        const correlator = createCorrelator(linked, { allowedLateness: 3_000 });
        let newest = 0;
        for (const step of given) {
          // Every event is moved to at most three seconds behind the newest.
          const moved = { ...step, time: newest + (step.time % 6_000) - 3_000 };
          newest = Math.max(newest, moved.time);
          expect(correlator.add(toInput(moved))?.time).toBe(reference(moved)?.time);
          correlator.advance(newest);
        }
        expect(correlator.stats()).toMatchObject({ late: 0, droppedEntries: 0, droppedGroups: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('keeps no more than it may, whatever comes', () => {
    fc.assert(
      fc.property(correlation, fc.array(input, { maxLength: 80 }), (body, given) => {
        const linked = linkedOf({ 'group-by': ['g'], timespan: '10s', ...body });
        const correlator = createCorrelator(linked, { maxGroups: 2, maxEntries: 5 });
        for (const step of given) {
          correlator.add(toInput(step));
          const { groups } = correlator.snapshot();
          expect(groups.length).toBeLessThanOrEqual(2);
          for (const { entries } of groups) expect(entries.length).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 200 },
    );
  });
});
