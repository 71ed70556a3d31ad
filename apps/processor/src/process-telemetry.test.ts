import { createLogger, createMetrics } from '@parapet/service';
import type { RuleError } from '@parapet/sigma';
import { expect, it } from 'vitest';
import { createProcessTelemetry, type RulesUsed } from './process-telemetry.ts';

const anError = (name: string, over: Partial<RuleError> = {}): RuleError => ({
  path: `${name}.yml`,
  line: 3,
  column: 5,
  code: 'invalid_condition',
  message: 'The condition is empty.',
  ...over,
});

/** What is said of sets of rules: `!` before a warning, `*` before that which the console shows. */
function tell(...sets: Partial<RulesUsed>[]): string[][] {
  const lines: string[] = [];
  const log = createLogger({
    service: 'test',
    stream: {
      write(line) {
        const { level, notice, msg } = JSON.parse(line) as { level: string; notice?: boolean; msg: string };
        lines.push(`${notice ? '*' : ''}${level === 'warn' ? '!' : ''}${msg}`);
      },
    },
  });
  const telemetry = createProcessTelemetry({ log, metrics: createMetrics('test') });
  return sets.map((set, index) => {
    telemetry.rulesUsed({
      generation: index + 1,
      loaded: 2,
      files: 2,
      errors: [],
      added: 0,
      removed: [],
      ms: 1,
      ...set,
    });
    return lines.splice(0);
  });
}

it('names refused rules as warnings, from the start on, each once while it stays the same', () => {
  const errors = [anError('a'), anError('b')];
  expect(
    tell(
      { errors },
      { errors: [anError('a', { line: 9 }), anError('c')] },
      { errors: [] },
      { errors: [anError('a')] },
    ),
  ).toEqual([
    [
      '*!A rule is refused: a.yml:3:5: The condition is empty.',
      '*!A rule is refused: b.yml:3:5: The condition is empty.',
      'Loaded the rules',
    ],
    ['*!A rule is refused: c.yml:3:5: The condition is empty.', '*Rules changed: 2 in use, +0 -0'],
    ['*Rules changed: 2 in use, +0 -0'],
    ['*!A rule is refused: a.yml:3:5: The condition is empty.', '*Rules changed: 2 in use, +0 -0'],
  ]);
});

it('names the first few of many, those that can be corrected before correlations, and counts the others', () => {
  const correlation = anError('all', { code: 'unsupported_correlation' });
  const errors = [correlation, ...Array.from({ length: 5 }, (_, index) => anError(`${index}`))];
  const [lines = []] = tell({ errors });
  expect(lines).toHaveLength(7);
  expect(lines.slice(0, 5).every((line) => /refused: \d\.yml/.test(line))).toBe(true);
  expect(lines[5]).toBe('*!1 more are refused; `rules check` on the folder lists them all');
});

it('tells what a change of the rules took away, by title', () => {
  const removed = ['One', 'Two', 'Three', 'Four', 'Five', 'Six'];
  expect(tell({}, { added: 1, removed: ['One'] }, { removed })).toEqual([
    ['Loaded the rules'],
    ['*Rules changed: 2 in use, +1 -1', '*Rules no longer in use: One'],
    ['*Rules changed: 2 in use, +0 -6', '*Rules no longer in use: One, Two, Three, Four, Five and 1 more'],
  ]);
});
