import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { parseRules } from './parse-rules.ts';
import { corpusRuleFiles, hasCorpus, whySkipped } from './testing/corpus-files.ts';

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
