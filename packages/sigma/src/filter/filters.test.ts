import { describe, expect, it } from 'vitest';
import { compileRules } from '../compile-rules.ts';
import { parseRules } from '../parse-rules.ts';

const rule = (id: string, logsource: object, more: object = {}) => ({
  title: id,
  id,
  logsource,
  detection: { selection: { Image: 'x' }, condition: 'selection' },
  ...more,
});
const filter = (body: object, logsource: object = { product: 'windows' }, more: object = {}) => ({
  title: 'Administrators',
  id: 'f',
  logsource,
  filter: { selection: { 'User|startswith': 'adm_' }, condition: 'not selection', ...body },
  ...more,
});
const setOf = (...documents: readonly object[]) => {
  const text = documents.map((document) => `--- ${JSON.stringify(document)}`).join('\n');
  const { rules, filters, errors } = parseRules(text, { path: 'x.yml' });
  expect(errors).toEqual([]);
  return compileRules(rules, { filters });
};
const source = [{ product: 'windows', category: 'process_creation' }];
const ids = (set: ReturnType<typeof setOf>, event: object) =>
  set.match({ ...event }, source).map(({ id }) => id);

describe('a filter', () => {
  it('must hold besides the conditions of the rules it names by id or name', () => {
    const set = setOf(
      filter({ rules: ['one', 'second'] }),
      rule('one', { product: 'windows' }),
      rule('two', { product: 'windows' }, { name: 'second' }),
      rule('three', { product: 'windows' }),
    );
    expect(set.errors).toEqual([]);
    expect(set.filters.map(({ id }) => id)).toEqual(['f']);
    expect(ids(set, { Image: 'x', User: 'adm_me' })).toEqual(['three']);
    expect(ids(set, { Image: 'x', User: 'me' })).toEqual(['one', 'two', 'three']);
    expect(ids(set, { User: 'me' })).toEqual([]);
  });

  it('says what may pass, so a plain selection lets nothing else through', () => {
    const set = setOf(
      filter({ rules: ['one'], condition: 'selection' }),
      rule('one', { product: 'windows' }),
    );
    expect(ids(set, { Image: 'x', User: 'adm_me' })).toEqual(['one']);
    expect(ids(set, { Image: 'x', User: 'me' })).toEqual([]);
  });

  it('joins every condition of a rule that has several, and other filters', () => {
    const set = setOf(
      filter({ rules: 'one' }),
      filter({ rules: 'any', selection: { Host: 'lab' } }, { product: 'windows' }, { id: 'g' }),
      rule(
        'one',
        { product: 'windows' },
        { detection: { a: { Image: 'x' }, b: { Image: 'y' }, condition: ['a', 'b'] } },
      ),
    );
    expect(ids(set, { Image: 'y' })).toEqual(['one']);
    expect(ids(set, { Image: 'y', User: 'adm_' })).toEqual([]);
    expect(ids(set, { Image: 'x', Host: 'LAB' })).toEqual([]);
  });

  it('narrows only rules whose log source says all that its own asks', () => {
    const set = setOf(
      filter({ rules: 'any' }, { product: 'windows', category: 'process_creation' }),
      rule('same', { product: 'Windows', category: 'process_creation' }),
      rule('wider', { product: 'windows' }),
    );
    expect(set.errors).toEqual([]);
    expect(ids(set, { Image: 'x', User: 'adm_' })).toEqual(['wider']);
  });

  it('that narrows nothing is told of, and is no reason to refuse anything', () => {
    const set = setOf(
      filter({ rules: ['none', 'linux', 'one'] }),
      rule('linux', { product: 'linux' }),
      rule('one', { product: 'windows' }),
    );
    expect(
      set.errors.map(({ code, message, ruleId }) => [code, ruleId, message.includes('logsource')]),
    ).toEqual([
      ['unused_filter', 'f', false],
      ['unused_filter', 'f', true],
    ]);
    expect(set.errors[0]).toMatchObject({ path: 'x.yml', line: 1, column: expect.any(Number) });
    expect(set.rules).toHaveLength(2);
    expect(ids(set, { Image: 'x', User: 'adm_' })).toEqual([]);
  });

  it('that cannot be compiled leaves its rules as they are', () => {
    const set = setOf(
      filter({ rules: 'any', selection: { 'a|re': '(?=x)' } }),
      filter({ rules: 'any' }, { product: 'windows' }, { id: 'g', taxonomy: 'ecs' }),
      rule('one', { product: 'windows' }),
    );
    expect(set.errors.map(({ code }) => code)).toEqual(['unsupported_regex', 'unknown_taxonomy']);
    expect(set.filters).toEqual([]);
    expect(ids(set, { Image: 'x' })).toEqual(['one']);
  });

  it('may have the id of a rule, but not that of another filter', () => {
    const set = setOf(
      filter({ rules: 'any' }),
      filter({ rules: 'any' }, { product: 'linux' }),
      rule('f', { product: 'windows' }),
    );
    expect(set.rules.map(({ id }) => id)).toEqual(['f']);
    expect(set.filters).toHaveLength(1);
    expect(set.errors).toMatchObject([{ code: 'duplicate_id', ruleId: 'f' }]);
  });

  it('is part of the explanation', () => {
    const set = setOf(filter({ rules: 'any' }), rule('one', { product: 'windows' }));
    const [one] = set.rules;
    if (one === undefined) throw new Error('no rule');
    expect(set.explain(one, { Image: 'x', User: 'adm_me' })).toMatchObject({
      matched: false,
      conditions: [{ matched: true }],
      filters: [
        {
          filter: { title: 'Administrators' },
          matched: false,
          conditions: [{ kind: 'not', matched: false }],
        },
      ],
    });
    expect(set.explain(one, { Image: 'x' }).matched).toBe(true);
  });

  it.each([
    ['no rules', { rules: undefined }, ['invalid_filter']],
    ['an empty list of rules', { rules: [] }, ['invalid_field']],
    ['a rule twice', { rules: ['a', 'a'] }, ['invalid_field']],
    ['no condition', { rules: 'any', condition: undefined }, ['missing_field']],
    ['a condition over nothing', { rules: 'any', condition: 'not other' }, ['unknown_identifier']],
    ['no selection', { rules: 'any', selection: undefined }, ['invalid_detection']],
  ])('with %s is refused', (_, body, codes) => {
    const { filters, errors } = parseRules(JSON.stringify(filter(body)));
    expect(filters).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(codes);
  });
});
