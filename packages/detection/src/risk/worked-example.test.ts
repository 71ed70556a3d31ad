import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { aColumn, anAnswer, aRuleText, scored } from '../testing/a-scored-batch.ts';
import { scoreEntity } from './entity-risk.ts';
import { parseRiskWeights } from './parse-risk-weights.ts';
import { defaultRiskWeights } from './risk-weights.ts';

const page = await readFile(new URL('../../../../docs/risk-scores.md', import.meta.url), 'utf8');
const week = 7 * 24 * 3_600_000;

/** The cells of the table behind a mark, without its head. */
function exampleRows(name: string): string[][] {
  const [, table = ''] = page.split(`<!-- example: ${name} -->\n`);
  const [text = ''] = table.split('\n\n');
  return text
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const rounded = (points: number) => String(Math.round(points * 100) / 100);

test('the event of docs/risk-scores.md has the points that the page says', () => {
  const { scores } = scored({
    commandLines: ['rare outbound'],
    rules: [aRuleText('rare', 'medium'), aRuleText('outbound', 'low')],
    columns: [
      aColumn('device.hostname', [[anAnswer('asset', { name: 'erp01', criticality: 'critical' })]]),
      aColumn('src_endpoint.ip', [[anAnswer('zone', { zone: 'dmz', internal: true })]]),
    ],
  });
  const contributions = scores.contributionsOf(0);
  const rows = exampleRows('event');
  expect(rows.slice(0, -1).map(([reason, , points]) => [reason, points])).toEqual(
    contributions.map(({ reason, points }) => [reason, rounded(points)]),
  );
  for (const [at, { reason, label }] of contributions.entries()) {
    if (reason !== 'rule') expect(rows[at]?.[1]).toBe(label);
  }
  expect(rows.at(-1)?.[1]).toBe(`sum ${scores.sums[0]}, score ${scores.scores[0]}, ${scores.levelOf(0)}`);
});

test('the host of docs/risk-scores.md has the points that the page says', () => {
  const now = Date.UTC(2026, 2, 1);
  const alert = { status: 'open', count: 1, lastSeen: now } as const;
  const { contributions, sum, score, level } = scoreEntity(
    [
      { ...alert, id: 'a', ruleId: 'r1', score: 75, count: 8, lastSeen: now - week },
      { ...alert, id: 'b', ruleId: 'r2', score: 20 },
      { ...alert, id: 'c', ruleId: 'r3', score: 80, status: 'resolved' },
    ],
    defaultRiskWeights,
    now,
  );
  const rows = exampleRows('entity');
  expect(rows.slice(0, 2).map((cells) => cells.slice(1))).toEqual(
    contributions.map((one) => [one.score, one.decay, one.count, one.points].map(rounded)),
  );
  expect(rows[2]?.at(-1)).toBe('0');
  expect(rows.at(-1)?.[0]).toBe(`sum ${rounded(sum)}, score ${score}, ${level}`);
});

test('the file of docs/risk-scores.md can be used', () => {
  const [, file = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const weights = parseRiskWeights(file);
  expect(weights.entity).toMatchObject({ halfLifeHours: 72, scale: 60, status: { open: 1, resolved: 0.1 } });
  expect(weights.event.rules).toEqual({ '3fe3c5ba-5a1b-4c1a-9f0c-0d6f6f1c2a11': 90 });
});
