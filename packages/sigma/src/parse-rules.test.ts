import { describe, expect, it } from 'vitest';
import { parseRules } from './parse-rules.ts';

const rule = `title: Whoami
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
status: test
author: Someone
level: high
tags:
    - attack.t1033
falsepositives: Administrators
logsource:
    category: process_creation
    product: Windows
    definition: Sysmon
detection:
    selection:
        Image|endswith: '\\whoami.exe'
    condition: selection
`;

const problemOf = (text: string) => {
  const { errors, rules } = parseRules(text, { path: 'a.yml' });
  expect(rules).toEqual([]);
  expect(errors.length).toBe(1);
  const [error] = errors;
  return `${error?.line}:${error?.column} ${error?.code}`;
};
const changed = (from: string, to: string) => {
  expect(rule).toContain(from);
  return rule.replace(from, to);
};

describe('parseRules', () => {
  it('reads a rule with what it says of itself', () => {
    const { rules, errors } = parseRules(rule, { path: 'a.yml' });
    expect(errors).toEqual([]);
    expect(rules).toMatchObject([
      {
        id: '929a690e-bef0-4204-a928-ef5e620d6fcc',
        title: 'Whoami',
        status: 'test',
        level: 'high',
        author: 'Someone',
        tags: ['attack.t1033'],
        falsePositives: ['Administrators'],
        references: [],
        logsource: { category: 'process_creation', product: 'windows', definition: 'Sysmon' },
        path: 'a.yml',
        line: 1,
      },
    ]);
  });

  it('says medium where a rule names no level', () => {
    expect(parseRules(changed('level: high\n', '')).rules[0]?.level).toBe('medium');
  });

  it('derives an id from the content alone', () => {
    const without = changed('id: 929a690e-bef0-4204-a928-ef5e620d6fcc\n', '');
    const [first] = parseRules(without, { path: 'a.yml' }).rules;
    const [second] = parseRules(`# moved\n${without}`, { path: 'b/c.yml' }).rules;
    const [other] = parseRules(without.replace('whoami', 'id'), { path: 'a.yml' }).rules;
    expect(first?.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/u);
    expect(second?.id).toBe(first?.id);
    expect(other?.id).not.toBe(first?.id);
  });

  it.each([
    ['a missing title', changed('title: Whoami\n', ''), '1:1 missing_field'],
    ['a level that does not exist', changed('level: high', 'level: severe'), '5:8 invalid_field'],
    [
      'a log source without parts',
      changed('    category: process_creation\n    product: Windows\n', ''),
      '9:1 invalid_logsource',
    ],
    ['an unknown modifier', changed('endswith', 'endwith'), '15:9 unknown_modifier'],
    ['modifiers that mean nothing together', changed('endswith', 'endswith|re'), '15:9 invalid_modifier'],
    ['a flag without its expression', changed('endswith', 'i'), '15:9 invalid_modifier'],
    ['placing before encoding', changed('endswith', 'contains|base64'), '15:9 invalid_modifier'],
    ['a missing condition', changed('    condition: selection\n', ''), '14:5 missing_field'],
    [
      'an identifier that is not defined',
      changed('condition: selection', 'condition: selection and other'),
      '16:30 unknown_identifier',
    ],
    [
      'a pattern that stands for nothing',
      changed('condition: selection', 'condition: not 1 of filter_*'),
      '16:25 unknown_identifier',
    ],
    [
      'a bracket left open',
      changed('condition: selection', 'condition: (selection'),
      '16:16 invalid_condition',
    ],
    [
      'an aggregation of Sigma 1',
      changed('condition: selection', 'condition: selection | count() > 5'),
      '16:26 invalid_condition',
    ],
    [
      'a condition that ends early',
      changed('condition: selection', 'condition: selection and'),
      '16:29 invalid_condition',
    ],
    [
      'more than there are',
      changed('condition: selection', 'condition: 2 of sel*'),
      '16:16 invalid_condition',
    ],
    ['an empty list of values', changed(" '\\whoami.exe'", ' []'), '15:25 invalid_detection'],
    ['a nested value', changed(" '\\whoami.exe'", '\n            deeper: 1'), '16:13 invalid_detection'],
    [
      'a time frame of Sigma 1',
      changed('    condition', '    timeframe: 5m\n    condition'),
      '16:5 invalid_detection',
    ],
    [
      'an empty keyword',
      changed("        Image|endswith: '\\whoami.exe'", "        - ''"),
      '15:11 invalid_value',
    ],
    [
      'a key written twice',
      changed('    condition', '    selection:\n        a: b\n    condition'),
      '16:5 yaml_syntax',
    ],
    ['a quote left open', changed("'\\whoami.exe'", "'\\whoami.exe"), '17:1 yaml_syntax'],
    ['a list', '- a\n- b\n', '1:1 not_a_rule'],
  ])('gives the place of %s', (_, text, expected) => {
    expect(problemOf(text)).toBe(expected);
  });

  it('gives places in the file, not in the document, and reads on after a bad document', () => {
    const { rules, errors } = parseRules(`${rule}---\ntitle: Broken\n---\n${rule.replace('929a', '829a')}`);
    expect(rules.map(({ line }) => line)).toEqual([1, 20]);
    expect(errors.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '18 missing_field',
      '18 missing_field',
    ]);
  });

  it('tells all that is wrong with a rule at once, each with its place', () => {
    const { errors } = parseRules(`title: ''
level: severe
tags: [[a]]
logsource: windows
detection:
    a:
        Image|endwith|containz: x
        Source|cidr: [10.0.0.0/33, 10.0.0.0/8, nonsense]
        Hash: []
    b:
        - ''
        - x|re
    c:
        Path|re: '(?=x)'
        Other|expand: '%servers%'
    condition:
        - a and d
        - b or (c
`);
    expect(errors.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
      '1:1 missing_field',
      '2:8 invalid_field',
      '3:8 invalid_field',
      '4:12 invalid_logsource',
      '7:9 unknown_modifier',
      '7:9 unknown_modifier',
      '9:15 invalid_detection',
      '11:11 invalid_value',
      '17:17 unknown_identifier',
      '18:16 invalid_condition',
      '8:23 invalid_value',
      '8:48 invalid_value',
      '14:18 unsupported_regex',
    ]);
  });

  it('takes attributes that the specification does not know', () => {
    const { rules, errors } = parseRules(
      changed('status: test', 'status: deprecated\ncustom: { owner: [me] }\nscope: server\nfields: [a, b]'),
    );
    expect(errors).toEqual([]);
    expect(rules).toMatchObject([{ status: 'deprecated', scope: ['server'], fields: ['a', 'b'] }]);
  });

  it('reads rule collections', () => {
    const text = `action: global
title: Shared
logsource:
    product: windows
detection:
    condition: selection
---
id: one
detection:
    selection:
        EventID: 1
---
action: repeat
id: two
detection:
    selection:
        Image: x
---
action: reset
---
title: Own
id: three
logsource:
    product: linux
detection:
    selection:
        EventID: 3
    condition: selection
`;
    const { rules, errors } = parseRules(text);
    expect(errors).toEqual([]);
    expect(rules.map(({ id, title, logsource }) => [id, title, logsource.product])).toEqual([
      ['one', 'Shared', 'windows'],
      ['two', 'Shared', 'windows'],
      ['three', 'Own', 'linux'],
    ]);
    const [, repeated] = rules;
    expect(repeated?.detection.searches.get('selection')).toMatchObject({
      of: [{ item: { field: 'EventID' } }, { item: { field: 'Image' } }],
    });
  });

  it.each([
    ['10,000 levels of flow lists', `title: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['10,000 levels of block lists', `title: x\na:\n  ${'- '.repeat(10_000)}x`],
    [
      '10,000 levels of mappings',
      Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`)
        .join('\n')
        .slice(0, 1_000_000),
    ],
    ['10 MB', `title: ${'x'.repeat(10 << 20)}`],
    ['a document of 2 MB', `title: ${'x'.repeat(2 << 20)}`],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, index) => `b${index}: &b${index} [${new Array(9).fill(index === 0 ? '*a' : `*b${index - 1}`).join()}]`).join('\n')}\n`,
    ],
    ['an alias of itself', 'title: &a [*a]\n'],
  ])('refuses %s with an error', (_, text) => {
    const { rules, errors } = parseRules(text);
    expect(rules).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual([expect.stringMatching(/^yaml_/u)]);
  });

  it('reads no prototype by a key', () => {
    const { rules } = parseRules(rule.replace('Image|endswith', '__proto__'));
    expect(rules.length).toBe(1);
    expect(parseRules('constructor: 1\n').errors[0]?.code).toBe('missing_field');
  });

  it('reads Windows line ends and a byte order mark', () => {
    expect(parseRules(`\uFEFF${rule.replaceAll('\n', '\r\n')}`).errors).toEqual([]);
  });
});
