import { RuleSnapshot } from '@parapet/event-model';
import { parseRules } from '@parapet/sigma';
import { expect, test } from 'vitest';
import { toRuleSnapshot } from './rule-snapshot.ts';

const ruleWith = (lines: string) => {
  const { rules, errors } = parseRules(
    `title: A Rule\nid: 00000000-0000-4000-8000-000000000001\nlogsource: { product: windows }\ndetection: { selection: { a: b }, condition: selection }\n${lines}`,
  );
  expect(errors).toEqual([]);
  return rules[0]!;
};

test('a snapshot has what DRL 1.1 asks to keep, and leaves out what the rule does not say', () => {
  const snapshot = toRuleSnapshot(
    ruleWith('author: Somebody\nlicense: DRL-1.1\nreferences: [https://example.com/a]\nlevel: low'),
  );
  expect(snapshot).toEqual({
    id: '00000000-0000-4000-8000-000000000001',
    title: 'A Rule',
    level: 'low',
    author: 'Somebody',
    license: 'DRL-1.1',
    references: ['https://example.com/a'],
    tags: [],
    falsePositives: [],
  });
});

test('a rule of any size makes a valid snapshot that fits into a message', () => {
  const rule = {
    ...ruleWith('level: low'),
    title: 't'.repeat(5_000),
    description: 'd\u0000'.repeat(50_000),
    author: '\ud800'.repeat(5_000),
    references: Array.from({ length: 500 }, (_, n) => `https://example.com/${n}/${'x'.repeat(3_000)}`),
    tags: Array.from({ length: 500 }, () => 'x'.repeat(300)),
    falsePositives: Array.from({ length: 500 }, () => 'x'.repeat(3_000)),
  };
  const snapshot = toRuleSnapshot(rule);
  expect(RuleSnapshot.parse(snapshot)).toEqual(snapshot);
  expect(JSON.stringify(snapshot).length).toBeLessThan(150_000);
});
