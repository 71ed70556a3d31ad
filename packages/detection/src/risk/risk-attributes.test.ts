import { Finding, maxRiskContributions, type RiskContribution } from '@parapet/event-model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aRuleText, scored } from '../testing/a-scored-batch.ts';
import { withRisk } from './finding-risk.ts';
import { boundedContributions, parseRiskContributions, toRiskAttributes } from './risk-attributes.ts';

const words = Array.from({ length: 30 }, (_, index) => `word${index + 10}`);
const rules = words.map((word) => aRuleText(word, 'low'));

test('an event’s risk is stored under its OCSF names, and read back with its reasons', () => {
  const { scores } = scored({ commandLines: ['whoami', 'dir'], rules: [aRuleText('whoami', 'high')] });
  const attributes = toRiskAttributes(scores, 0);
  expect(attributes).toEqual({
    risk_score: 60,
    risk_level_id: 3,
    risk_level: 'High',
    risk_contributions: '[["rule","Finds whoami",60,"rule-whoami"]]',
  });
  expect(parseRiskContributions(attributes?.risk_contributions)).toEqual(scores.contributionsOf(0));
});

test('an event without a score has no attributes', () => {
  const { scores } = scored({ commandLines: ['dir'] });
  expect(toRiskAttributes(scores, 0)).toBeUndefined();
});

test('many rules are told by the heaviest and the sum of the others', () => {
  const { scores } = scored({ commandLines: [words.join(' ')], rules });
  const told = parseRiskContributions(toRiskAttributes(scores, 0)?.risk_contributions);
  expect(told).toHaveLength(maxRiskContributions);
  expect(told.at(-1)).toMatchObject({ reason: 'rule', label: '11 more rules' });
  expect(told.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(scores.sums[0]!, 1);
});

test('reasons other than rules are never folded', () => {
  const contributions: RiskContribution[] = [
    ...words.map((word) => ({ reason: 'rule' as const, label: word, points: 10, source: word })),
    { reason: 'zone', label: 'in zone dmz', points: 5, source: 'zones' },
  ];
  const bounded = boundedContributions(contributions);
  expect(bounded).toHaveLength(maxRiskContributions);
  expect(bounded.reduce((sum, { points }) => sum + points, 0)).toBe(305);
  expect(bounded.some(({ reason }) => reason === 'zone')).toBe(true);
});

test('what is no such text gives no reasons', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.json()), (text) => {
      expect(Array.isArray(parseRiskContributions(text))).toBe(true);
    }),
  );
  for (const text of [undefined, 7, '{', '{}', '[["rule"]]', '[["nope","x",1,"y"]]']) {
    expect(parseRiskContributions(text)).toEqual([]);
  }
});

test('a finding carries the score of its riskiest evidence event, and stays a valid message', () => {
  const { scores, rowOf, findings } = scored({
    commandLines: ['whoami', 'whoami word10', 'dir'],
    rules: [aRuleText('whoami', 'medium'), ...rules],
  });
  const scoredFindings = withRisk(findings, rowOf, scores);
  expect(scoredFindings.map(({ rule, riskScore }) => [rule.id, riskScore])).toEqual([
    ['rule-whoami', 50],
    ['rule-word10', 50],
  ]);
  for (const finding of scoredFindings) expect(Finding.parse(finding)).toEqual(finding);
  expect(scoredFindings[0]?.riskContributions?.map(({ points }) => points)).toEqual([40, 10]);
});

test('a finding whose events weigh nothing says 0', () => {
  const { scores, rowOf, findings } = scored({
    commandLines: ['whoami'],
    rules: [aRuleText('whoami', 'high', ['risk.0'])],
  });
  expect(withRisk(findings, rowOf, scores)).toMatchObject([{ riskScore: 0, riskContributions: [] }]);
});
