import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createDecoder, type DecoderOptions, Finding, type RawRecord } from '@parapet/event-model';
import { compileRules, parseRules, type SigmaRule } from '@parapet/sigma';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDetector, type Detector } from './detector.ts';

/**
 * Decoder, profiles, rules and detector together, against what an independent evaluator found in the corpus. Differences
 * that are right are listed in docs/corpus-differences.md, and the test fails when the list is not exactly what happens.
 * PARAPET_CORPUS_SAMPLE=N looks at every Nth capture only.
 */
const root = resolve(import.meta.dirname, '../../..');
const corpus = resolve(root, process.env['PARAPET_CORPUS'] || '../shared/corpus');
const sample = Math.max(1, Number(process.env['PARAPET_CORPUS_SAMPLE'] || 1));
const hasCorpus = existsSync(join(corpus, 'INDEX.md'));
const linesPerRecord = 1_000;

interface Matched {
  readonly source: string;
  readonly rules: readonly string[];
}

if (!hasCorpus) console.warn(`Skipped: there is no corpus at ${corpus}; set PARAPET_CORPUS to its folder.`);

describe.skipIf(!hasCorpus)('the corpus', () => {
  let rules: ReadonlyMap<string, SigmaRule>;
  let match: (value: Uint8Array, onEvent: (line: number, matched: Matched) => void) => void;

  beforeAll(() => {
    const parsed = globSync('sigma/rules*/**/*.yml', { cwd: corpus }).map((path) =>
      parseRules(readFileSync(join(corpus, path), 'utf8'), { path }),
    );
    const set = compileRules(parsed.flatMap((file) => file.rules));
    expect(parsed.flatMap((file) => file.errors)).toEqual([]);
    // Rules with `expand` need the operator's own values; the expected matches leave them out too.
    expect(set.errors.filter((error) => error.code !== 'unresolved_placeholder')).toEqual([]);
    rules = new Map(set.rules.map((rule) => [rule.id, rule]));
    match = createMatcher(createDetector(set), (logSources) => set.forLogSources(logSources).fields);
  });

  test('Windows captures match the rules that they are expected to match, and those listed as differences', {
    timeout: 500_000,
  }, () => {
    const expected = expectedMatches('windows-otrf/expected-matches.ndjson', 'line');
    const captures = join(corpus, 'windows-otrf/captures');
    const files = readdirSync(captures).sort();
    const chosen = files.filter((_, index) => index % sample === 0);
    const missing: string[] = [];
    const unexplained: string[] = [];
    const additional = new Map<string, number>();
    let events = 0;
    for (const file of chosen) {
      const bytes = gunzipSync(readFileSync(join(captures, file)));
      match(bytes, (line, { source, rules: found }) => {
        events += 1;
        const wanted = expected.get(`${file}:${line}`) ?? [];
        for (const id of wanted) if (!found.includes(id)) missing.push(`${file}:${line} ${id}`);
        for (const id of found) {
          if (wanted.includes(id)) continue;
          const isAudited =
            source === 'windows-security' && rules.get(id)?.logsource.category === 'process_creation';
          if (isAudited) additional.set(id, (additional.get(id) ?? 0) + 1);
          else unexplained.push(`${file}:${line} ${id} ${rules.get(id)?.title}`);
        }
      });
    }
    expect({ missing, unexplained }).toEqual({ missing: [], unexplained: [] });
    const listed = listedDifferences();
    if (sample === 1) {
      expect(events).toBe(312_758);
      expect(Object.fromEntries(additional)).toEqual(Object.fromEntries(listed));
    } else expect([...additional.keys()].filter((id) => !listed.has(id))).toEqual([]);
  });

  test('CloudTrail events of simulated attacks match exactly the expected rules', () => {
    const expected = expectedMatches('cloudtrail-stratus/expected-matches.ndjson', 'index');
    const found = new Map<string, readonly string[]>();
    let events = 0;
    for (const file of globSync('*.json', { cwd: join(corpus, 'cloudtrail-stratus') })) {
      match(readFileSync(join(corpus, 'cloudtrail-stratus', file)), (line, matched) => {
        events += 1;
        // Lines are counted from 1, elements from 0.
        if (matched.rules.length > 0) found.set(`${file}:${line - 1}`, matched.rules);
      });
    }
    expect(events).toBe(310);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  test("the rule authors' own samples match exactly the expected rules", () => {
    const files = JSON.parse(readFileSync(join(corpus, 'sigma/regression-expected.json'), 'utf8')) as {
      file: string;
      matches_per_event: string[][];
    }[];
    for (const { file, matches_per_event: expected } of files) {
      const found: (readonly string[])[] = [];
      // A file holds pretty-printed objects one after another: events come by the line they start at.
      const byLine = new Map<number, readonly string[]>();
      match(readFileSync(join(corpus, 'sigma', file)), (line, matched) => byLine.set(line, matched.rules));
      for (const line of [...byLine.keys()].sort((a, b) => a - b)) found.push(byLine.get(line) ?? []);
      expect(found, file).toEqual(expected.map((ids) => sorted(ids)));
    }
    expect(files.length).toBe(68);
  });
});

function createMatcher(
  detector: Detector,
  fields: DecoderOptions['fields'],
): (value: Uint8Array, onEvent: (line: number, matched: Matched) => void) => void {
  const decoder = createDecoder({ fields });
  let offset = 0;
  return (value, onEvent) => {
    for (const { bytes, line } of piecesOf(value)) {
      const record: RawRecord = {
        topicId: 'corpus',
        partition: 0,
        offset,
        timestamp: 1_700_000_000_000,
        value: bytes,
        headers: { 'parapet-line': String(line) },
      };
      offset += 1;
      const { batches, rejected } = decoder.decode([record]);
      expect(rejected.map(({ reason, detail }) => `${reason}: ${detail}`)).toEqual([]);
      for (const batch of batches) {
        const { findings, ruleIdsByRow } = detector.detect(batch);
        for (const finding of findings()) Finding.parse(finding);
        for (let row = 0; row < batch.length; row += 1) {
          onEvent(batch.lines()[row] ?? 0, { source: batch.source, rules: sorted(ruleIdsByRow(row)) });
        }
      }
    }
  };
}

/** NDJSON is cut into records as a shipper would; anything else is one record. Lines are counted from 1. */
function* piecesOf(value: Uint8Array): Iterable<{ readonly bytes: Uint8Array; readonly line: number }> {
  const newline = 0x0a;
  const secondLine = value.indexOf(newline) + 1;
  if (secondLine === 0 || value[secondLine] !== '{'.charCodeAt(0)) {
    yield { bytes: value, line: 1 };
    return;
  }
  for (let start = 0, line = 1; start < value.length; ) {
    let end = start;
    let lines = 0;
    for (; lines < linesPerRecord && end < value.length; lines += 1) {
      const found = value.indexOf(newline, end);
      end = found === -1 ? value.length : found + 1;
    }
    yield { bytes: value.subarray(start, end), line };
    start = end;
    line += lines;
  }
}

function expectedMatches(path: string, place: 'line' | 'index'): ReadonlyMap<string, readonly string[]> {
  const lines = readFileSync(join(corpus, path), 'utf8').split('\n').filter(Boolean);
  return new Map(
    lines.map((text) => {
      const entry = JSON.parse(text) as { file: string; line?: number; index?: number; rules: string[] };
      return [`${entry.file}:${entry[place]}`, sorted(entry.rules)];
    }),
  );
}

/** The rows `| rule id | events | title |` of the page that explains them. */
function listedDifferences(): ReadonlyMap<string, number> {
  const page = readFileSync(join(root, 'docs/corpus-differences.md'), 'utf8');
  const rows = page.matchAll(/^\| `([0-9a-f-]{36})` +\| +(\d+) \|/gm);
  return new Map(Array.from(rows, ([, id = '', count]) => [id, Number(count)]));
}

function sorted(ids: readonly string[]): readonly string[] {
  return ids.toSorted((a, b) => (a < b ? -1 : 1));
}
