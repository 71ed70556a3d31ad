import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { parseRules } from './parse-rules.ts';
import { toColumns } from './testing/event-columns.ts';
import { naiveMatches } from './testing/naive-evaluator.ts';

/** Few letters, so that random values meet random events often. */
const word = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'B', 'b', '-', '/', '\\', '*', '?', ' ', 'é', 'É', '😀', '1', '%', '\n'),
    maxLength: 6,
  }),
  fc.constantFrom(
    'cmd.exe',
    'C:\\Windows\\cmd.exe',
    '10.1.2.3',
    'fe80::1',
    '::1',
    '2024-05-01T13:45:00Z',
    '42',
    'true',
    'Y21k',
    '',
  ),
);
const fields = ['Image', 'CommandLine', 'EventID', 'Source.Ip', 'Extra'];
const scalar = fc.oneof(
  word,
  fc.integer({ min: -2, max: 50 }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(4.5),
);
const event = fc.dictionary(
  fc.constantFrom(...fields),
  fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) }),
);

const textValue = word.filter((text) => !text.includes('\n'));
const items = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      '',
      '|contains',
      '|startswith',
      '|endswith',
      '|cased',
      '|contains|cased',
      '|windash|contains',
      '|neq',
      '|windash|endswith|cased',
    ),
    textValue,
  ),
  fc.tuple(
    fc.constantFrom(
      '|base64',
      '|base64offset|contains',
      '|wide|base64offset|contains',
      '|utf16be',
      '|utf16',
      '|wide',
    ),
    fc.constantFrom('cmd', 'b-', 'aé', 'B'),
  ),
  fc.tuple(
    fc.constantFrom(
      '|lt',
      '|lte',
      '|gt',
      '|gte',
      '|hour',
      '|hour|gte',
      '|week',
      '|day|neq',
      '|month',
      '|year|gt',
      '|minute',
    ),
    fc.constantFrom(1, 4.5, 5, 13, 18, 45, 2024),
  ),
  fc.tuple(
    fc.constant('|cidr'),
    fc.constantFrom('10.0.0.0/8', '10.1.2.3', '::/0', 'fe80::/10', '10.1.0.0/30'),
  ),
  fc.tuple(
    fc.constantFrom('|re', '|re|i', '|re|s', '|re|m|i'),
    fc.constantFrom('a.*b', '^a+$', '(?i)B[a-c]', '\\bb', 'a|B{2}', '[^a]$', '\\\\(a|b)+'),
  ),
  fc.tuple(fc.constant('|exists'), fc.boolean()),
  fc.tuple(
    fc.constantFrom('|fieldref', '|fieldref|endswith', '|fieldref|neq', '|fieldref|contains|cased'),
    fc.constantFrom(...fields),
  ),
  fc.tuple(
    fc.constantFrom('', '|neq'),
    fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 50 }), fc.boolean()),
  ),
);
const item = fc.oneof(
  { weight: 4, arbitrary: items },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('', '|contains', '|contains|all', '|all', '|startswith'),
      fc.array(textValue, { minLength: 1, maxLength: 3 }),
    ),
  },
);
const map = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...fields), item), {
    minLength: 1,
    maxLength: 3,
    selector: ([field, [modifiers]]) => field + modifiers,
  })
  .map((entries) =>
    Object.fromEntries(entries.map(([field, [modifiers, value]]) => [`${field}${modifiers}`, value])),
  );
const keyword = textValue.filter((text) => text !== '');
const search = fc.oneof(
  { weight: 4, arbitrary: map },
  { weight: 1, arbitrary: fc.array(map, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(keyword, { minLength: 1, maxLength: 2 }) },
  {
    weight: 1,
    arbitrary: fc.array(keyword, { minLength: 1, maxLength: 2 }).map((words) => ({ '|all': words })),
  },
);
const condition = fc.constantFrom(
  'sel_a',
  'not sel_a',
  'sel_a and not sel_b',
  'sel_a or sel_b and not sel_c',
  '1 of sel_*',
  'all of them',
  '2 of sel_*',
  'not 1 of sel_*',
  'not (sel_a and sel_b) or sel_c',
  'sel_a and 2 of them',
  'not all of sel_*',
);
const rule = fc.record({ a: search, b: search, c: search, condition });

const toText = (
  { a, b, c, condition: text }: { a: unknown; b: unknown; c: unknown; condition: string },
  index: number,
): string =>
  JSON.stringify({
    title: `rule ${index}`,
    id: `rule-${index}`,
    logsource: { product: 'test' },
    detection: { sel_a: a, sel_b: b, sel_c: c, condition: text },
  });

describe('compiled rules', () => {
  it('hold for the same events as the specification written down plainly', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        fc.array(event, { minLength: 1, maxLength: 8 }),
        (rules, events) => {
          const parsed = rules.map((one, index) => parseRules(toText(one, index)));
          expect(parsed.flatMap(({ errors }) => errors)).toEqual([]);
          const set = compileRules(parsed.flatMap((one) => one.rules));
          expect(set.errors).toEqual([]);
          const matched = new Set<string>();
          const group = set.forLogSources([{ product: 'test' }]);
          const batch = toColumns(events, group.fields);
          group.evaluate(batch, undefined, (row, { id }) => matched.add(`${row} ${id}`));
          // A second time from what is remembered, and by single events.
          const again = new Set<string>();
          group.evaluate(batch, Uint32Array.from(events.keys()), (row, { id }) => again.add(`${row} ${id}`));
          const expected = new Set<string>();
          for (const [row, one] of events.entries()) {
            for (const candidate of set.rules) {
              const holds = naiveMatches(candidate, one);
              if (holds) expected.add(`${row} ${candidate.id}`);
              expect(set.explain(candidate, one).matched).toBe(holds);
            }
            expect(
              set
                .match(one, [{ product: 'test' }])
                .map(({ id }) => id)
                .toSorted((a = '', b = '') => a.localeCompare(b)),
            ).toEqual(
              Array.from(expected)
                .filter((key) => key.startsWith(`${row} `))
                .map((key) => key.split(' ')[1])
                .toSorted((a = '', b = '') => a.localeCompare(b)),
            );
          }
          expect(matched).toEqual(expected);
          expect(again).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
