import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { parseRules } from './parse-rules.ts';
import type { RuleSet } from './rule-set.ts';
import type { LogSource } from './sigma-rule.ts';
import {
  type CorpusEvent,
  captureEvents,
  captureNames,
  corpusList,
  corpusRuleFiles,
  corpusText,
  hasCorpus,
  whySkipped,
} from './testing/corpus-files.ts';
import { flattenWindowsEvent, windowsLogSources, withProviderName } from './testing/corpus-routing.ts';
import { toColumns } from './testing/event-columns.ts';
import { naiveMatches } from './testing/naive-evaluator.ts';

/** PARAPET_CORPUS_SAMPLE=N asks the naive evaluator about every Nth event; 1, which is all of them, takes half an hour. */
const naiveStep = Math.max(1, Number(process.env['PARAPET_CORPUS_SAMPLE'] || 400));

/** Matches of all events, by "row rule", found the way a stream is: grouped by log source, over columns. */
function matchesOf(set: RuleSet, events: readonly CorpusEvent[]): Set<string> {
  const groups = new Map<string, { sources: readonly LogSource[]; rows: number[] }>();
  for (const [row, event] of events.entries()) {
    const sources = windowsLogSources(event);
    const key = JSON.stringify(sources);
    const group = groups.get(key) ?? { sources, rows: [] };
    groups.set(key, group);
    group.rows.push(row);
  }
  const fields = new Set(
    Array.from(groups.values()).flatMap(({ sources }) => set.forLogSources(sources).fields),
  );
  const batch = toColumns(events, fields);
  const matched = new Set<string>();
  for (const { sources, rows } of groups.values()) {
    set
      .forLogSources(sources)
      .evaluate(batch, Uint32Array.from(rows), (row, rule) => matched.add(`${row} ${rule.id}`));
  }
  return matched;
}

interface RegressionFile {
  readonly file: string;
  readonly rule: string;
  readonly matches_per_event: readonly (readonly string[])[];
}

describe.skipIf(!hasCorpus)(`expected matches (${hasCorpus ? 'corpus present' : whySkipped})`, () => {
  const rules = hasCorpus
    ? corpusRuleFiles().flatMap(({ path, text }) => parseRules(text, { path }).rules)
    : [];
  const set = compileRules(rules);

  it.each(hasCorpus ? captureNames() : [])('of the Windows capture %s are found, and no others', (name) => {
    const expected = new Set<string>();
    for (const line of corpusText('windows-otrf/expected-matches.ndjson').split('\n')) {
      if (line === '' || !line.includes(name)) continue;
      const { line: number, rules: ids } = JSON.parse(line) as { line: number; rules: readonly string[] };
      for (const id of ids) expected.add(`${number - 1} ${id}`);
    }
    expect(matchesOf(set, captureEvents(name).map(withProviderName))).toEqual(expected);
  });

  it('of the rule authors are found in their own samples', () => {
    const files = JSON.parse(corpusText('sigma/regression-expected.json')) as readonly RegressionFile[];
    expect(files.length).toBeGreaterThan(60);
    const differences: string[] = [];
    for (const { file, rule, matches_per_event: perEvent } of files) {
      const events = regressionEvents(corpusText(`sigma/${file}`))
        .map(flattenWindowsEvent)
        .map(withProviderName);
      const matched = matchesOf(set, events);
      const expected = new Set(perEvent.flatMap((ids, row) => ids.map((id) => `${row} ${id}`)));
      for (const key of matched.symmetricDifference(expected)) differences.push(`${file} ${key} ${rule}`);
      expect(
        Array.from(matched).some((key) => key.endsWith(rule)),
        `${file} has a match of ${rule}`,
      ).toBe(true);
    }
    expect(differences).toEqual([]);
  });

  it('of the CloudTrail events are found, and no others', () => {
    const expected = new Map<string, readonly string[]>();
    for (const line of corpusText('cloudtrail-stratus/expected-matches.ndjson').split('\n')) {
      if (line === '') continue;
      const {
        file,
        index,
        rules: ids,
      } = JSON.parse(line) as { file: string; index: number; rules: readonly string[] };
      expected.set(`${file} ${index}`, ids);
    }
    expect(expected.size).toBeGreaterThan(30);
    let events = 0;
    for (const path of corpusList('cloudtrail-stratus', '.json')) {
      for (const [index, event] of (JSON.parse(corpusText(path)) as readonly CorpusEvent[]).entries()) {
        const matched = set.match(event, [{ product: 'aws', service: 'cloudtrail' }]).map(({ id }) => id);
        expect(new Set(matched), `${path} ${index}`).toEqual(
          new Set(expected.get(`${path.split('/').at(-1)} ${index}`) ?? []),
        );
        events++;
      }
    }
    expect(events).toBe(310);
  });

  it('are those of the naive evaluator, on a sample of every capture and every rule of the event', {
    timeout: 7_200_000,
  }, () => {
    let asked = 0;
    // Gathered and not asserted one by one: all events have a hundred million answers.
    const differences: string[] = [];
    for (const name of captureNames()) {
      const events = captureEvents(name)
        .map(withProviderName)
        .filter((_, row) => row % naiveStep === 7 % naiveStep);
      const matched = matchesOf(set, events);
      for (const [row, event] of events.entries()) {
        for (const rule of set.forLogSources(windowsLogSources(event)).rules) {
          asked++;
          const key = `${row} ${rule.id}`;
          if (matched.has(key) !== naiveMatches(rule, event)) differences.push(`${name} ${key}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(asked).toBeGreaterThan(10_000);
  });
});

/** Upstream writes one event, a list of events, or several events one after another. */
function regressionEvents(text: string): readonly Parameters<typeof flattenWindowsEvent>[0][] {
  const events = text
    .split(/(?<=^\})\s*(?=^\{)/mu)
    .map((part) => JSON.parse(part) as Parameters<typeof flattenWindowsEvent>[0]);
  return events.flat();
}
