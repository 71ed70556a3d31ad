import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { createCorrelationEngine } from './correlation/correlation-engine.ts';
import { parseRules } from './parse-rules.ts';

const odd = fc.jsonValue({ maxDepth: 3 });
/** Mostly what belongs there, sometimes anything. */
const or = (values: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 30, arbitrary: values }, { weight: 1, arbitrary: odd });
const names = fc.constantFrom('a', 'b', 'c', 'one', 'two');
const entry = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom('x', 'y|contains', 'z|all'), fc.constantFrom('t', 1, ['a', 'b'])),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('z|re', 'x|cidr', 'y|gt', '|all', 'a|expand', 'x|fieldref', 'q|nonsense', '|'),
      fc.constantFrom<unknown>('t', 1, null, true, '(', '10.0.0.0/8', '%p%', [], { k: 1 }),
    ),
  },
);
const search = fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries) => Object.fromEntries(entries));
const condition = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', 'not a', 'a and b', '1 of them', 'all of a*') },
  { weight: 1, arbitrary: fc.constantFrom('(a', 'a or', '', 'c', '2 of a*') },
);
const detection = fc.record({
  a: or(search),
  b: or(fc.array(search, { minLength: 1, maxLength: 2 })),
  condition: or(condition),
});
const logsource = fc.constantFrom({ product: 'p' }, { category: 'c' }, { product: 'p', category: 'c' });
const optionalKeys = {
  id: or(names),
  name: or(names),
  level: or(fc.constantFrom('low', 'high')),
  related: or(fc.constant([{ id: 'a', type: 'merged' }])),
};
const known = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('one', 'two') },
  { weight: 1, arbitrary: names },
);
const correlation = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant('event_count'), or(fc.constant({ gte: 1 }))),
      fc.tuple(
        fc.constantFrom('value_count', 'value_sum', 'value_median'),
        or(fc.constant({ gt: 0, field: 'f' })),
      ),
      fc.tuple(
        fc.constantFrom('temporal', 'temporal_ordered'),
        or(fc.constantFrom({ eq: 1 }, undefined, 'one or two')),
      ),
      fc.tuple(odd, odd),
    ),
    fc.record(
      {
        rules: or(fc.uniqueArray(known, { minLength: 1, maxLength: 2 })),
        'group-by': or(fc.uniqueArray(fc.constantFrom('u', 'v'))),
        timespan: or(fc.constantFrom('1s', '5m', '9M')),
        aliases: or(fc.constantFrom({}, { u: { one: 'f' } })),
      },
      { requiredKeys: ['rules', 'timespan'] },
    ),
  )
  .map(([[type, condition], rest]) => ({ type, condition, ...rest }));
const title = or(fc.constant('t'));
const document = fc.oneof(
  fc.record(
    { title, logsource: or(logsource), detection: or(detection), ...optionalKeys },
    { requiredKeys: ['title', 'logsource', 'detection'] },
  ),
  fc.record(
    { title, correlation: or(correlation), generate: or(fc.boolean()), ...optionalKeys },
    { requiredKeys: ['title', 'correlation'] },
  ),
  fc.record(
    {
      title,
      logsource: or(logsource),
      filter: or(
        fc.record({
          rules: or(fc.uniqueArray(names, { minLength: 1 })),
          a: search,
          b: search,
          condition: or(condition),
        }),
      ),
      ...optionalKeys,
    },
    { requiredKeys: ['title', 'logsource', 'filter'] },
  ),
);
/** Rule collections of the first version. */
const action = fc.option(fc.constantFrom('global', 'repeat', 'reset', 'other'), { nil: undefined, freq: 5 });

/** What the correlations mostly refer to. */
const fixed = ['one', 'two'].map((id) => ({
  title: id,
  id: `${id}-id`,
  name: id,
  logsource: { product: 'p' },
  detection: { a: { x: 't' }, condition: 'a' },
}));

describe('whatever is written in rule files', () => {
  it('is loaded or told of with a place in the file; nothing is thrown and nothing is lost', () => {
    const loaded = { rules: 0, correlations: 0, filters: 0 };
    fc.assert(
      fc.property(fc.array(fc.tuple(document, action), { maxLength: 6 }), fc.boolean(), (given, collect) => {
        const documents = [
          ...given.map(([one, does]) => (collect && does !== undefined ? { ...one, action: does } : one)),
          ...fixed,
        ];
        const text = documents.map((one) => `---\n${JSON.stringify(one)}`).join('\n');
        const parsed = parseRules(text, { path: 'f.yml' });
        const set = compileRules(parsed.rules, { ...parsed, placeholders: { p: ['1'] } });
        for (const { line, column, message, path } of [...parsed.errors, ...set.errors]) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(documents.length * 2);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(message).toMatch(/[.:]$|\)\.$/u);
          expect(path).toBe('f.yml');
        }
        const read = parsed.rules.length + parsed.correlations.length + parsed.filters.length;
        const refused = new Set(parsed.errors.map(({ line }) => line)).size;
        if (!collect) expect(read + refused).toBe(documents.length);
        expect(set.rules.length + set.correlations.length).toBeLessThanOrEqual(read);
        const engine = createCorrelationEngine(set.correlations);
        for (const rule of set.rules) {
          const event = { x: 't', y: 'tt', z: 't' };
          set.match(event, [{ product: 'p', category: 'c' }]);
          set.explain(rule, event);
          engine.add({ rule: rule.id, time: 1, ref: 'r', field: () => 1 });
        }
        loaded.rules += set.rules.length;
        loaded.correlations += set.correlations.length;
        loaded.filters += set.filters.length;
      }),
      { numRuns: 1_500 },
    );
    for (const number of Object.values(loaded)) expect(number).toBeGreaterThan(50);
  });
});
