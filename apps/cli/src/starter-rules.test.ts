import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createDetector } from '@parapet/detection';
import { createDecoder, type EventBatch, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generateCapture, intrusions } from './capture/generate-capture.ts';
import { starterRules } from './capture/starter-rule-ids.ts';
import { projectPaths } from './project-paths.ts';

const Examples = z.strictObject({
  match: z.array(z.record(z.string(), z.unknown())).min(1),
  ignore: z.array(z.record(z.string(), z.unknown())).min(1),
});

const files = globSync('**/*.yml', { cwd: projectPaths.rules }).sort();
const parsed = files.map((file) => ({
  file,
  ...parseRules(readFileSync(path.join(projectPaths.rules, file), 'utf8'), { path: file }),
}));
const ruleSet = compileRules(parsed.flatMap(({ rules }) => rules));
const detector = createDetector(ruleSet);

/** Rule ids by record, and why records were refused: what the processor would find. */
function detect(values: readonly Buffer[]) {
  const decoder = createDecoder({ fields: (logSources) => ruleSet.forLogSources(logSources).fields });
  const records = values.map(
    (value, offset): RawRecord => ({
      topicId: 'test',
      partition: 0,
      offset,
      timestamp: Date.UTC(2026, 0, 15, 9, 30),
      value,
      headers: {},
    }),
  );
  const { batches, rejected } = decoder.decode(records);
  const rules = new Map<number, readonly string[]>();
  const sources = new Map<number, string>();
  for (const batch of batches) {
    const { ruleIdsByRow } = detector.detect(batch);
    for (let row = 0; row < batch.length; row++) {
      rules.set(offsetOf(batch, row), ruleIdsByRow(row));
      sources.set(offsetOf(batch, row), batch.source);
    }
  }
  return { rules, sources, rejected: new Map(rejected.map(({ record, reason }) => [record.offset, reason])) };
}

const offsetOf = (batch: EventBatch, row: number) => batch.origin(row).offset;
const encode = (event: unknown) => Buffer.from(JSON.stringify(event));

describe('starter rules', () => {
  it('are at least forty, and every one can be used', () => {
    expect(parsed.flatMap(({ errors }) => errors)).toEqual([]);
    expect(ruleSet.errors).toEqual([]);
    expect(ruleSet.rules.length).toBeGreaterThanOrEqual(40);
    expect(ruleSet.rules).toHaveLength(files.length);
  });

  it.each(parsed)('$file says who wrote it, under which licence, and what it means', ({ rules }) => {
    const [rule] = rules;
    expect(rule).toMatchObject({ author: 'Parapet', license: 'Apache-2.0' });
    expect(rule?.description).toBeTruthy();
    expect(rule?.references).not.toEqual([]);
    expect(rule?.tags.some((tag) => /^attack\.t\d{4}(\.\d{3})?$/.test(tag))).toBe(true);
    expect(rule?.falsePositives).not.toEqual([]);
  });

  it.each(parsed)('$file matches its examples and ignores the others', ({ file, rules }) => {
    const example = path.join(projectPaths.rules, file.replace(/\.yml$/, '.test.json'));
    expect(existsSync(example)).toBe(true);
    const { match, ignore } = Examples.parse(JSON.parse(readFileSync(example, 'utf8')));
    const id = rules[0]?.id ?? '';
    const found = detect([...match, ...ignore].map(encode));
    expect([...found.rejected]).toEqual([]);
    for (const [index] of [...match, ...ignore].entries()) {
      expect({ index, matched: found.rules.get(index)?.includes(id) }).toEqual({
        index,
        matched: index < match.length,
      });
    }
  });
});

describe('the bundled capture against the starter rules', () => {
  const capture = generateCapture({ seed: 7, events: 20_000, end: Date.UTC(2026, 0, 15, 10) });
  const found = detect(capture.map(({ value }) => value));
  const levels = new Map(ruleSet.rules.map(({ id, level }) => [id, level]));

  it('sets off the rule of every step of every intrusion', () => {
    for (const intrusion of intrusions) {
      for (const step of intrusion.steps) {
        const offsets = capture.flatMap((record, offset) => (record.step?.step === step ? [offset] : []));
        const matched = offsets.some((offset) => found.rules.get(offset)?.includes(step.rule));
        expect({ step: step.title, matched }).toEqual({ step: step.title, matched: true });
      }
    }
  });

  it('names only rules of the pack', () => {
    for (const id of Object.values(starterRules)) expect(levels.has(id)).toBe(true);
  });

  it('raises nothing high or critical on a benign event', () => {
    const alarms = capture.flatMap((record, offset) =>
      record.step === undefined
        ? (found.rules.get(offset) ?? []).filter((id) => ['high', 'critical'].includes(levels.get(id) ?? ''))
        : [],
    );
    expect(alarms).toEqual([]);
  });

  it('is understood but for the records made to be refused, each for its reason', () => {
    const expected = capture.flatMap((record, offset) =>
      record.rejected === undefined ? [] : [[offset, record.rejected] as const],
    );
    expect([...found.rejected].sort(([one], [other]) => one - other)).toEqual(expected);
    expect(found.rules.size).toBe(capture.length - expected.length);
    expect(new Set(found.sources.values()).size).toBeGreaterThanOrEqual(5);
    expect([...found.sources.values()]).not.toContain('generic');
  });
});
