import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { parseRules } from './parse-rules.ts';
import { toColumns } from './testing/event-columns.ts';

const ruleText = (id: string, logsource: object, detection: object, more: object = {}): string =>
  JSON.stringify({ title: id, id, logsource, detection, ...more });

const setOf = (...texts: string[]) => {
  const parsed = texts.map((text) => parseRules(text, { path: 'x.yml' }));
  expect(parsed.flatMap(({ errors }) => errors)).toEqual([]);
  return compileRules(parsed.flatMap(({ rules }) => rules));
};
const selection = (items: object, condition = 'a') => ({ a: items, condition });

describe('a rule set', () => {
  it('shows an event to the rules whose log source it answers', () => {
    const set = setOf(
      ruleText('any windows', { product: 'windows' }, selection({ x: 1 })),
      ruleText('process', { category: 'process_creation', product: 'windows' }, selection({ x: 1 })),
      ruleText('any process', { category: 'process_creation' }, selection({ x: 1 })),
      ruleText('linux', { product: 'linux' }, selection({ x: 1 })),
    );
    const ids = (...sources: Parameters<typeof set.forLogSources>[0]) =>
      set.forLogSources(sources).rules.map(({ id }) => id);
    expect(ids({ product: 'windows', category: 'process_creation', service: 'sysmon' })).toEqual([
      'any windows',
      'process',
      'any process',
    ]);
    expect(ids({ product: 'windows' })).toEqual(['any windows']);
    expect(ids({ product: 'Linux', category: 'Process_Creation' })).toEqual(['any process', 'linux']);
    expect(ids({ product: 'linux' }, { category: 'process_creation', product: 'windows' })).toHaveLength(4);
    expect(ids()).toEqual([]);
    const source = [{ product: 'windows' }];
    expect(set.forLogSources(source)).toBe(set.forLogSources([{ product: 'windows' }]));
  });

  it('finds the same after somebody who is told of a match has thrown', () => {
    const set = setOf(
      ruleText('one', { product: 'p' }, selection({ x: 1 })),
      ruleText('none', { product: 'p' }, selection({ y: null })),
    );
    const group = set.forLogSources([{ product: 'p' }]);
    const found = (
      events: readonly Record<string, number>[],
      stopAt = Number.POSITIVE_INFINITY,
    ): string[] => {
      const matches: string[] = [];
      try {
        group.evaluate(toColumns(events, group.fields), undefined, (row, { id }) => {
          if (matches.push(`${row} ${id}`) === stopAt) throw new Error('told enough');
        });
      } catch {}
      return matches.sort();
    };
    const events = [{ x: 1 }, { x: 2 }, { x: 1, y: 1 }, { x: 3, y: 1 }];
    const all = ['0 none', '0 one', '1 none', '2 one'];
    for (const stopAt of [1, 2, 3]) {
      expect(found(events, stopAt)).toHaveLength(stopAt);
      expect(
        found([
          { x: 2, y: 1 },
          { x: 2, y: 1 },
        ]),
      ).toEqual([]);
      expect(found(events)).toEqual(all);
    }
  });

  it('takes the first of two rules with one id and counts the second', () => {
    const set = setOf(
      ruleText('same', { product: 'p' }, selection({ x: 1 })),
      ruleText('same', { product: 'p' }, selection({ x: 2 })),
      ruleText('odd', { product: 'p' }, selection({ x: 2 }), { status: 'unsupported' }),
      ruleText('old', { product: 'p' }, selection({ x: 2 }), { status: 'deprecated' }),
    );
    expect(set.rules.map(({ id }) => id)).toEqual(['same', 'old']);
    expect(set.errors).toMatchObject([
      {
        code: 'duplicate_id',
        ruleId: 'same',
        path: 'x.yml',
        message: expect.stringContaining('too, in x.yml:1;'),
      },
      { code: 'unsupported_status' },
    ]);
    expect(set.match({ x: 1 }, [{ product: 'p' }]).map(({ id }) => id)).toEqual(['same']);
  });

  it('refuses rules that name fields otherwise than the events do', () => {
    const { rules } = parseRules(ruleText('r', { product: 'p' }, selection({ x: 1 }), { taxonomy: 'ecs' }));
    expect(compileRules(rules).errors).toMatchObject([{ code: 'unknown_taxonomy', ruleId: 'r' }]);
    expect(compileRules(rules, { taxonomies: ['sigma', 'ecs'] }).rules).toHaveLength(1);
  });

  it('evaluates the rows asked for, in order, over dictionaries that grow', () => {
    const set = setOf(
      ruleText('found', { product: 'p' }, selection({ 'x|contains': 'evil' })),
      ruleText('absent', { product: 'p' }, { a: { x: null }, condition: 'a' }),
      ruleText('not', { product: 'p' }, { a: { 'x|contains': 'e' }, condition: 'not a' }),
      ruleText('word', { product: 'p' }, { a: ['keyword'], b: { y: 1 }, condition: 'a and b' }),
    );
    const group = set.forLogSources([{ product: 'p' }]);
    expect(group.fields.toSorted()).toEqual(['x', 'y']);
    expect(group.needsValues).toBe(true);
    const tables = new Map();
    for (let round = 0; round < 5; round++) {
      const events = Array.from({ length: 50 }, (_, row) =>
        row % 10 === 3
          ? { y: 1, z: 'a keyword' }
          : { x: row % 7 === 0 ? `evil ${round}${row}` : `good ${row}` },
      );
      const batch = toColumns(events, group.fields, tables);
      const seen: string[] = [];
      group.evaluate(batch, Uint32Array.of(3, 7, 8, 14, 20), (row, { id }) => seen.push(`${row} ${id}`));
      expect(new Set(seen)).toEqual(
        new Set(['14 found', '20 not', '3 absent', '3 not', '3 word', '7 found', '8 not']),
      );
    }
  });

  it('explains what held and what did not', () => {
    const set = setOf(
      ruleText(
        'r',
        { product: 'p' },
        {
          sel: { 'Image|endswith': ['\\cmd.exe', '\\sh'], User: 'root' },
          filter_a: { x: 1 },
          words: ['evil'],
          condition: 'sel and words and not 1 of filter_*',
        },
      ),
    );
    const [rule] = set.rules;
    if (rule === undefined) throw new Error('no rule');
    const held = set.explain(rule, { Image: 'C:\\CMD.exe', User: 'root', note: 'evil' });
    expect(held.matched).toBe(true);
    const { matched, conditions } = set.explain(rule, { Image: 'C:\\CMD.exe', x: 1 });
    expect(matched).toBe(false);
    expect(conditions[0]).toMatchObject({
      kind: 'and',
      matched: false,
      parts: [
        {
          kind: 'search',
          label: 'sel',
          matched: false,
          parts: [
            {
              parts: [
                {
                  label: 'Image|endswith',
                  matched: true,
                  item: { held: ['\\cmd.exe'], actual: 'C:\\CMD.exe', line: 1 },
                },
                { label: 'User', matched: false, item: { held: [], actual: undefined } },
              ],
            },
          ],
        },
        { label: 'words', matched: false },
        { kind: 'not', matched: false, parts: [{ kind: 'count', label: '1 of filter_*', matched: true }] },
      ],
    });
  });

  it.each([
    ['sel_*', ['sel_a', 'sel_b']],
    ['*_a', ['sel_a', 'other_a']],
    ['s*l*a', ['sel_a']],
    ['*', ['sel_a', 'sel_b', 'other_a']],
    ['sel_a*a', []],
    ['*e*_*', ['sel_a', 'sel_b', 'other_a']],
  ])('takes the pattern %s of a condition for %j', (pattern, expected) => {
    const names = ['sel_a', 'sel_b', 'other_a'];
    const text = `title: t
logsource: { category: test }
detection:
${names.map((name) => `  ${name}: { f: ${name} }\n`).join('')}  condition: 1 of ${pattern}
`;
    const { rules, errors } = parseRules(text);
    const set = compileRules(rules);
    const held = names.filter((f) => set.match({ f }, [{ category: 'test' }]).length > 0);
    expect(held).toEqual(expected);
    expect(errors.length).toBe(expected.length === 0 ? 1 : 0);
  });

  it('takes no longer for a pattern that nearly stands for a long name', () => {
    const name = 's'.repeat(200);
    const text = `title: t
logsource: { category: test }
detection:
  ${name}: { f: 1 }
  condition: 1 of ${'*s'.repeat(60)}x
`;
    expect(parseRules(text).errors.map(({ code }) => code)).toEqual(['unknown_identifier']);
  });

  it('binds not before and, and before or', () => {
    const searches = { a: { x: 1 }, b: { y: 1 }, _c: { z: 1 } };
    const holds = (condition: string, event: Record<string, unknown>) =>
      setOf(ruleText('r', { product: 'p' }, { ...searches, condition })).match(event, [{ product: 'p' }])
        .length === 1;
    expect(holds('a or b and _c', { x: 1 })).toBe(true);
    expect(holds('(a or b) and _c', { x: 1 })).toBe(false);
    expect(holds('not a and b', { y: 1 })).toBe(true);
    expect(holds('not (a and b)', { y: 1 })).toBe(true);
    expect(holds('1 of them', { z: 1 })).toBe(false);
    expect(holds('all of them', { x: 1, y: 1 })).toBe(true);
    expect(holds('any of _*', { z: 1 })).toBe(true);
    expect(holds('NOT a AND b', { y: 1 })).toBe(true);
    expect(
      setOf(ruleText('r', { product: 'p' }, { ...searches, condition: ['a', 'b'] })).match({ y: 1 }, [
        { product: 'p' },
      ]),
    ).toHaveLength(1);
  });
});
