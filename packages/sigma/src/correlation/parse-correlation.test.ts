import { describe, expect, it } from 'vitest';
import { compileRules } from '../compile-rules.ts';
import { parseRules } from '../parse-rules.ts';
import { parseTimespan } from './timespan.ts';

const text = `title: Failed logins
id: c1
name: many
level: high
correlation:
    type: event_count
    rules:
        - failed
    group-by:
        - User
    timespan: 10m
    condition:
        gte: 10
`;
const changed = (...changes: readonly (readonly [string, string])[]) =>
  changes.reduce((now, [from, to]) => {
    expect(now).toContain(from);
    return now.replace(from, to);
  }, text);
const rule = (id: string, more = '') => `title: ${id}
id: ${id}
${more}
logsource: { product: p }
detection: { a: { x: 1 }, condition: a }
`;
const compile = (...documents: readonly string[]) => {
  const { rules, correlations, errors } = parseRules(documents.join('---\n'));
  expect(errors).toEqual([]);
  return compileRules(rules, { correlations });
};
const codes = (set: ReturnType<typeof compile>) =>
  set.errors.map(({ line, column, code, ruleId }) => `${line}:${column} ${code} ${ruleId}`);

describe('a correlation', () => {
  it('is read with what it says', () => {
    const { correlations, errors } = parseRules(text);
    expect(errors).toEqual([]);
    expect(correlations).toMatchObject([
      {
        id: 'c1',
        name: 'many',
        level: 'high',
        type: 'event_count',
        rules: [{ name: 'failed', at: { line: 8, column: 11 } }],
        groupBy: ['User'],
        timespan: 600_000,
        condition: { kind: 'thresholds', thresholds: [{ comparison: 'gte', value: 10 }], fields: [] },
        generate: false,
      },
    ]);
  });

  it('has generate beside or inside of it', () => {
    for (const generate of [changed(['level: high', 'generate: true']), `${text}    generate: true\n`])
      expect(parseRules(generate).correlations[0]?.generate).toBe(true);
  });

  it('of time alone needs all its rules when it has no condition', () => {
    const { correlations } = parseRules(
      changed(
        ['event_count', 'temporal'],
        ['- failed', '- failed\n        - other'],
        ['    condition:\n        gte: 10\n', ''],
      ),
    );
    expect(correlations[0]?.condition).toMatchObject({ thresholds: [{ comparison: 'gte', value: 2 }] });
  });

  it('reads timespans in all units', () => {
    const spans = ['1s', '2m', '3h', '4d', '5w', '1M', '1y'].map(parseTimespan);
    expect(spans).toEqual([1e3, 12e4, 108e5, 3456e5, 3024e6, 2_629_746e3, 31_556_952e3]);
    for (const wrong of ['', '5', 'm', '0m', '1.5h', '1H', '1h30m', '-1s', '11y', '999999999y'])
      expect(parseTimespan(wrong), wrong).toBeUndefined();
  });

  it.each<[string, readonly (readonly [string, string])[], string]>([
    ['an unknown type', [['event_count', 'event_sum']], '6:11 invalid_field'],
    ['no type', [['    type: event_count\n', '']], '5:1 missing_field'],
    ['no rules', [['    rules:\n        - failed\n', '']], '5:1 missing_field'],
    ['a rule twice', [['- failed', '- failed\n        - failed']], '9:11 invalid_field'],
    ['a rule that is a mapping', [['- failed', '- a: b']], '8:11 invalid_field'],
    ['a part with a typing error', [['group-by', 'group_by']], '9:5 invalid_correlation'],
    ['a wrong timespan', [['10m', '10 minutes']], '11:15 invalid_correlation'],
    ['no condition', [['    condition:\n        gte: 10\n', '']], '5:1 missing_field'],
    ['a condition without a threshold', [['gte: 10', 'field: x']], '13:9 invalid_correlation'],
    ['an unknown comparison', [['gte: 10', 'ge: 10']], '13:9 invalid_correlation'],
    ['a threshold that is no number', [['gte: 10', 'gte: many']], '13:14 invalid_correlation'],
    [
      'thresholds that exclude each other',
      [['gte: 10', 'gt: 10\n        lt: 11']],
      '13:9 invalid_correlation',
    ],
    ['a count that is too large', [['gte: 10', 'gte: 2000000']], '13:14 too_complex'],
    ['a field where none is counted', [['gte: 10', 'gte: 10\n        field: x']], '14:9 invalid_correlation'],
    ['no field where one is counted', [['event_count', 'value_count']], '13:9 invalid_correlation'],
    [
      'two fields to add up',
      [
        ['event_count', 'value_sum'],
        ['gte: 10', 'gte: 10\n        field: [x, y]'],
      ],
      '14:9 invalid_correlation',
    ],
    [
      'a percentile above 100',
      [
        ['event_count', 'value_percentile'],
        ['gte: 10', 'gte: 10\n        field: x\n        percentile: 101'],
      ],
      '15:21 invalid_correlation',
    ],
    ['more rules than there are', [['event_count', 'temporal']], '13:9 invalid_correlation'],
    [
      'a condition over rules that holds of nothing',
      [
        ['event_count', 'temporal'],
        ['condition:\n        gte: 10', 'condition: not failed'],
      ],
      '12:16 invalid_correlation',
    ],
    [
      'a condition over a rule it does not name',
      [
        ['event_count', 'temporal'],
        ['condition:\n        gte: 10', 'condition: failed or other'],
      ],
      '12:26 unknown_identifier',
    ],
    [
      'a condition over rules of a count',
      [['condition:\n        gte: 10', 'condition: failed']],
      '12:16 invalid_correlation',
    ],
    [
      'an alias of a rule it does not name',
      [['    timespan', '    aliases:\n        ip:\n            other: src\n    timespan']],
      '13:13 invalid_correlation',
    ],
    ['generate that is no boolean', [['level: high', 'generate: maybe']], '4:11 invalid_correlation'],
    ['no title', [['title: Failed logins\n', '']], '1:1 missing_field'],
  ])('with %s is refused at its place', (_, changes, expected) => {
    const { correlations, errors } = parseRules(changed(...changes));
    expect(correlations).toEqual([]);
    expect(errors.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([expected]);
  });

  it('tells all that is wrong with it at once', () => {
    const { errors } = parseRules(
      changed(['level: high', 'level: severe'], ['event_count', 'x'], ['10m', '10'], ['group-by', 'by']),
    );
    expect(errors.map(({ line }) => line)).toEqual([4, 9, 6, 11]);
  });
});

describe('correlations of a rule set', () => {
  it('find their rules by id and by name, wherever they stand', () => {
    const set = compile(
      changed(['- failed', '- failed\n        - by_name']),
      rule('failed'),
      rule('r2', 'name: by_name'),
    );
    expect(set.errors).toEqual([]);
    expect(set.correlations[0]?.sources.map(({ kind, id, name }) => [kind, id, name])).toEqual([
      ['rule', 'failed', 'failed'],
      ['rule', 'r2', 'by_name'],
    ]);
    expect(set.onlyCorrelated).toEqual(new Set(['failed', 'r2']));
  });

  it('keep rules that one of them generates', () => {
    const set = compile(
      text,
      changed(['id: c1', 'id: c2'], ['name: many', 'generate: true']),
      rule('failed'),
    );
    expect(set.onlyCorrelated).toEqual(new Set());
  });

  it('resolve aliases for each rule', () => {
    const aliases = `    aliases:
        User:
            failed: TargetUserName
    timespan`;
    const set = compile(
      changed(['- failed', '- failed\n        - other'], ['    timespan', aliases]),
      rule('failed'),
      rule('other'),
    );
    expect(set.correlations[0]?.sources.map(({ groupFields }) => groupFields)).toEqual([
      ['TargetUserName'],
      ['User'],
    ]);
  });

  it('stand after the correlations they refer to', () => {
    const chained = changed(['id: c1', 'id: c2'], ['name: many', 'name: more'], ['- failed', '- many']);
    const set = compile(chained, text, rule('failed'));
    expect(set.errors).toEqual([]);
    expect(set.correlations.map(({ correlation }) => correlation.id)).toEqual(['c1', 'c2']);
    expect(set.onlyCorrelated).toEqual(new Set(['failed', 'c1']));
  });

  it('are refused when a rule is unknown, refused itself, or has a name that others have', () => {
    expect(codes(compile(text))).toEqual(['8:11 unknown_rule c1']);
    expect(codes(compile(text, rule('failed', 'status: unsupported')))).toEqual([
      '15:1 unsupported_status failed',
      '8:11 unknown_rule c1',
    ]);
    expect(codes(compile(text, rule('a', 'name: failed'), rule('b', 'name: failed')))).toEqual([
      '8:11 unknown_rule c1',
    ]);
    const over = changed(['id: c1', 'id: c2'], ['name: many', 'name: more'], ['- failed', '- many']);
    expect(codes(compile(over, text))).toEqual(['22:11 unknown_rule c1', '8:11 unknown_rule c2']);
  });

  it('are refused when they refer to themselves, directly or through others', () => {
    const set = compile(changed(['- failed', '- many']));
    expect(codes(set)).toEqual(['8:11 correlation_cycle c1']);
    const circle = compile(
      changed(['- failed', '- more']),
      changed(['id: c1', 'id: c2'], ['name: many', 'name: more'], ['- failed', '- many']),
    );
    expect(codes(circle)).toEqual(['22:11 correlation_cycle c2', '8:11 unknown_rule c1']);
    expect(circle.correlations).toEqual([]);
  });

  it('are refused when a chain is too long to follow', () => {
    const chain = Array.from({ length: 3_000 }, (_, index) =>
      changed(['id: c1', `id: c${index}`], ['name: many', 'name: n'], ['- failed', `- c${index + 1}`]),
    );
    const set = compile(...chain, rule('c3000'));
    expect(set.errors.some(({ code }) => code === 'too_complex')).toBe(true);
  });
});
