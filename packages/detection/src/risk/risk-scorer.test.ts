import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aBatch, aColumn, anAnswer, aRuleText, scored } from '../testing/a-scored-batch.ts';
import { createRiskScorer, type RiskMatches } from './risk-scorer.ts';
import { defaultRiskWeights, RiskWeights } from './risk-weights.ts';

const critical = [anAnswer('asset', { name: 'dc01', criticality: 'critical' })];
const nothing: RiskMatches = { rows: [], rulesByRow: () => [] };

test('a rule scores by its level, and says so', () => {
  const { scores } = scored({ commandLines: ['whoami', 'dir'], rules: [aRuleText('whoami', 'high')] });
  expect([...scores.scores]).toEqual([60, 0]);
  expect([scores.levelOf(0), scores.levelOf(1)]).toEqual(['high', 'informational']);
  expect(scores.contributionsOf(0)).toEqual([
    { reason: 'rule', label: 'Finds whoami', points: 60, source: 'rule-whoami' },
  ]);
  expect(scores.contributionsOf(1)).toEqual([]);
});

test('the heaviest rule counts in full, every further one half of the one before', () => {
  const { scores } = scored({
    commandLines: ['whoami net dir'],
    rules: [aRuleText('dir', 'low'), aRuleText('net', 'low'), aRuleText('whoami', 'medium')],
  });
  expect(scores.contributionsOf(0).map(({ label, points }) => [label, points])).toEqual([
    ['Finds whoami', 40],
    ['Finds dir', 10],
    ['Finds net', 5],
  ]);
  expect(scores.sums[0]).toBe(55);
});

test('a tag risk.N says what a rule weighs, and the weights file overrules it', () => {
  const rules = [aRuleText('whoami', 'low', ['attack.discovery', 'risk.70'])];
  expect(scored({ commandLines: ['whoami'], rules }).scores.scores[0]).toBe(70);
  const weights = RiskWeights.parse({ event: { rules: { 'rule-whoami': 33 } } });
  expect(scored({ commandLines: ['whoami'], rules, weights }).scores.scores[0]).toBe(33);
  const beyond = [aRuleText('whoami', 'low', ['risk.700', 'risk.x'])];
  expect(scored({ commandLines: ['whoami'], rules: beyond }).scores.scores[0]).toBe(20);
});

test('context adds to what happened, and is nothing alone', () => {
  const columns = [aColumn('device.hostname', [critical, critical])];
  const { scores } = scored({
    commandLines: ['whoami', 'dir'],
    rules: [aRuleText('whoami', 'medium')],
    columns,
  });
  expect([...scores.scores]).toEqual([60, 0]);
  expect(scores.contributionsOf(0)[1]).toEqual({
    reason: 'asset',
    label: 'dc01 is of critical criticality (device.hostname)',
    points: 20,
    source: 'assets',
  });
  expect(scores.contributionsOf(1)).toEqual([]);
});

test('an indicator scores without any rule, by its confidence', () => {
  const sure = [
    anAnswer('indicator', { indicator: '192.0.2.1', list: 'feed', threat: 'botnet', confidence: 80 }),
  ];
  const unsaid = [anAnswer('indicator', { indicator: '192.0.2.2', list: 'feed' })];
  const { scores } = scored({
    commandLines: ['a', 'b', 'c'],
    columns: [aColumn('dst_endpoint.ip', [sure, unsaid, []])],
  });
  expect([...scores.scores]).toEqual([40, 25, 0]);
  expect(scores.contributionsOf(0)[0]?.label).toBe('192.0.2.1: botnet (dst_endpoint.ip)');
  expect(scores.contributionsOf(1)[0]?.label).toBe('192.0.2.2: listed by feed (dst_endpoint.ip)');
});

test('the same kind named by several attributes counts once, the heaviest', () => {
  const { scores } = scored({
    commandLines: ['whoami'],
    rules: [aRuleText('whoami', 'low')],
    columns: [
      aColumn('src_endpoint.ip', [[anAnswer('asset', { criticality: 'medium' })]]),
      aColumn('device.hostname', [critical]),
      aColumn('device.ip', [critical]),
    ],
  });
  expect(scores.sums[0]).toBe(40);
  expect(scores.contributionsOf(0).map(({ reason }) => reason)).toEqual(['rule', 'asset']);
});

test('users, zones, countries and networks weigh as the weights say', () => {
  const weights = RiskWeights.parse({
    event: { countries: { KP: 12 }, autonomousSystems: { 64496: 7 }, zones: { lab: 3 } },
  });
  const answers = [
    anAnswer('user', { privileged: true, criticality: 'low' }),
    anAnswer('location', { country: 'KP', country_name: 'North Korea' }),
    anAnswer('location', { country: 'DE' }),
    anAnswer('autonomous_system', { number: 64496, name: 'EXAMPLE' }),
    anAnswer('zone', { zone: 'lab', internal: true }),
  ];
  const { scores } = scored({
    commandLines: ['whoami'],
    rules: [aRuleText('whoami', 'low')],
    columns: [aColumn('x', [answers])],
    weights,
  });
  expect(scores.contributionsOf(0).map(({ reason, label, points }) => [reason, label, points])).toEqual([
    ['rule', 'Finds whoami', 20],
    ['location', 'in North Korea (x)', 12],
    ['user', 'privileged user of low criticality (x)', 10],
    ['autonomous_system', 'in AS64496 EXAMPLE (x)', 7],
    ['zone', 'in zone lab (x)', 3],
  ]);
});

test('the severity that the source gave an event counts', () => {
  const batch = aBatch(['a', 'b']);
  const ids = [undefined, 2, 5];
  const severe = Object.assign(Object.create(batch) as typeof batch, {
    attribute: () => ({
      dictionary: { size: 3, valueOf: (code: number) => ids[code] ?? null },
      codes: Uint32Array.of(1, 2),
    }),
    attributeValue: (row: number) => ids[row + 1],
  });
  const scores = createRiskScorer(defaultRiskWeights).score(severe, undefined, nothing);
  expect([...scores.scores]).toEqual([0, 20]);
  expect(scores.contributionsOf(1)).toEqual([
    { reason: 'severity', label: 'critical severity, says the source', points: 20, source: 'windows-sysmon' },
  ]);
});

test('lists that the enrichment adds are weighed too', () => {
  const known = [[], [anAnswer('indicator', { confidence: 100 })]];
  const column = { path: 'dst_endpoint.ip', codes: Uint32Array.of(0, 1), known };
  const scorer = createRiskScorer(defaultRiskWeights);
  const batch = aBatch(['a', 'b']);
  expect(scorer.score(batch, { columns: [column] }, nothing).scores[1]).toBe(50);
  known.push([anAnswer('indicator', { confidence: 10 })], [anAnswer('asset', { criticality: 'high' })]);
  const later = { ...column, codes: Uint32Array.of(3, 2) };
  expect([...scorer.score(batch, { columns: [later] }, nothing).scores]).toEqual([0, 5]);
});

test('names of an object’s own machinery weigh nothing', () => {
  const odd = [
    anAnswer('zone', { zone: 'constructor' }),
    anAnswer('asset', { criticality: '__proto__' }),
    anAnswer('indicator', { confidence: Number.NaN }),
    anAnswer('toString', {}),
  ];
  const { scores } = scored({ commandLines: ['a'], columns: [aColumn('x', [odd])] });
  expect(scores.sums[0]).toBe(25);
});

describe('for any rules and answers', () => {
  const words = ['aa', 'bb', 'cc', 'dd', 'ee'];
  const anyAnswer = fc.oneof(
    fc
      .constantFrom('low', 'medium', 'high', 'critical', 'odd')
      .map((criticality) => anAnswer('asset', { criticality })),
    fc.boolean().map((privileged) => anAnswer('user', { privileged })),
    fc.integer({ min: -5, max: 105 }).map((confidence) => anAnswer('indicator', { confidence })),
    fc.constantFrom('dmz', 'lan').map((zone) => anAnswer('zone', { zone })),
  );
  const anyLine = fc.subarray(words).map((some) => some.join(' ') || 'none');
  const anyInput = fc.record({
    commandLines: fc.array(anyLine, { minLength: 1, maxLength: 6 }),
    columns: fc.array(fc.array(fc.array(anyAnswer, { maxLength: 3 }), { minLength: 6, maxLength: 6 }), {
      maxLength: 3,
    }),
  });
  const levels = ['informational', 'low', 'medium', 'high', 'critical'];
  const rules = words.map((word, index) => aRuleText(word, levels[index]!));
  const score = ({
    commandLines,
    columns,
  }: {
    commandLines: string[];
    columns: Parameters<typeof aColumn>[1][];
  }) =>
    scored({
      commandLines,
      rules,
      columns: columns.map((byRow, index) => aColumn(`attribute${index}`, byRow)),
    }).scores;

  test('the contributions of an event add up to its sum, and the score is the sum, capped', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const scores = score(input);
        for (const row of input.commandLines.keys()) {
          const total = scores.contributionsOf(row).reduce((sum, { points }) => sum + points, 0);
          expect(total).toBeCloseTo(scores.sums[row]!, 9);
          expect(scores.scores[row]).toBe(Math.min(100, Math.round(scores.sums[row]!)));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('one more rule or one more answer never lowers a score', () => {
    fc.assert(
      fc.property(anyInput, anyAnswer, fc.constantFrom(...words), (input, answer, word) => {
        const before = score(input).sums;
        const after = score({
          commandLines: input.commandLines.map((line) => `${line} ${word}`),
          columns: [...input.columns, input.commandLines.map(() => [answer])],
        }).sums;
        for (const row of before.keys()) expect(after[row]! + 1e-9).toBeGreaterThanOrEqual(before[row]!);
      }),
      { numRuns: 60 },
    );
  });
});
