import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { parseRules } from './parse-rules.ts';
import { corpusList, corpusRuleFiles, corpusText, hasCorpus, whySkipped } from './testing/corpus-files.ts';

describe.skipIf(!hasCorpus)(`SigmaHQ rules (${hasCorpus ? 'present' : whySkipped})`, () => {
  const files = hasCorpus ? corpusRuleFiles() : [];
  const parsed = files.map(({ path, text }) => parseRules(text, { path }));
  const rules = parsed.flatMap((file) => file.rules);

  it('are all parsed', () => {
    expect(files.length).toBe(3_753);
    expect(parsed.flatMap(({ errors }) => errors)).toEqual([]);
    expect(rules.length).toBe(3_753);
  });

  it('all compile, but for the two whose placeholder only a user can fill', () => {
    const { errors } = compileRules(rules);
    expect(errors.map(({ code, ruleId, line }) => ({ code, ruleId, line }))).toEqual([
      { code: 'unresolved_placeholder', ruleId: expect.any(String), line: 57 },
      { code: 'unresolved_placeholder', ruleId: expect.any(String), line: 44 },
    ]);
    const configured = compileRules(rules, { placeholders: { known_cdcs: ['dc01'] } });
    expect(configured.errors).toEqual([]);
    expect(configured.rules.length).toBe(3_753);
  });

  it('are found by their log sources', () => {
    const set = compileRules(rules);
    expect(set.fields.size).toBeGreaterThan(380);
    expect(
      set.forLogSources([{ product: 'windows', category: 'process_creation' }]).rules.length,
    ).toBeGreaterThan(1_200);
    expect(set.forLogSources([{ product: 'no such product' }]).rules).toEqual([]);
  });
});

describe.skipIf(!hasCorpus)(
  `example documents of the specification (${hasCorpus ? 'present' : whySkipped})`,
  () => {
    const paths = hasCorpus ? corpusList('sigma/specification/tests', '.yml') : [];
    const parsed = paths.map((path) => parseRules(corpusText(path), { path }));

    it('are all parsed', () => {
      expect(parsed.flatMap(({ errors }) => errors)).toEqual([]);
      expect(parsed.flatMap(({ rules }) => rules)).toHaveLength(2);
      expect(parsed.flatMap(({ filters }) => filters)).toHaveLength(2);
      const correlations = parsed.flatMap((file) => file.correlations);
      expect(correlations).toHaveLength(8);
      expect(new Set(correlations.map(({ type }) => type))).toEqual(
        new Set([
          'event_count',
          'value_count',
          'temporal',
          'temporal_ordered',
          'value_sum',
          'value_avg',
          'value_percentile',
        ]),
      );
    });

    it('compile with the rules they refer to, and refer to nothing without', () => {
      const correlations = parsed
        .flatMap((file) => file.correlations)
        // Two of the examples have the id of two others, in another taxonomy.
        .filter(({ taxonomy }) => taxonomy === undefined);
      const filters = parsed.flatMap((file) => file.filters);
      const named = [...correlations, ...filters].flatMap(({ rules }) =>
        rules === 'any' ? [] : rules.map(({ name }) => name),
      );
      const logsource = 'logsource: { category: process_creation, product: windows }';
      const rules = Array.from(new Set(named)).flatMap(
        (name) =>
          parseRules(`title: x\nid: ${name}\n${logsource}\ndetection: { a: { x: 1 }, condition: a }`).rules,
      );
      const alone = compileRules([], { correlations, filters, taxonomies: ['sigma', 'ecs'] });
      expect(new Set(alone.errors.map(({ code }) => code))).toEqual(
        new Set(['unknown_rule', 'unused_filter']),
      );
      const set = compileRules(rules, { correlations, filters: filters.slice(0, 1) });
      expect(set.errors).toEqual([]);
      expect(set.correlations).toHaveLength(correlations.length);
    });
  },
);
