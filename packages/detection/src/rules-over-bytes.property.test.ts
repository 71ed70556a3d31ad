import { createDecoder } from '@parapet/event-model';
import { compileRules, parseRules } from '@parapet/sigma';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { naiveMatches } from '../../sigma/src/testing/naive-evaluator.ts';
import { createDetector } from './detector.ts';

/**
 * The whole way from bytes to rules against the plain evaluator: several batches of one decoder and one detector, so that what is
 * remembered from batch to batch (codes, answers, plans, texts that are looked for early) is asked again.
 */
const words = [
  'cmd.exe',
  '\\cmd.exe',
  '/c',
  ' -enc ',
  'whoami',
  'sekurlsa::',
  ':\\Windows\\System32\\',
  'true',
  '10.1.2.3',
];
const oddWords = ['ab', '0x1400', '10', 'é', 'KALI', "o'k", '<a>', 'a/b', '-', '😀'];
const word = fc.constantFrom(...words, ...oddWords);
const keyword = fc.constantFrom(...words, ...oddWords.filter(({ length }) => length > 2));
const fields = ['Image', 'CommandLine', 'ParentImage', 'User', 'Hashes'];
const field = fc.constantFrom(...fields);

const text = fc
  .array(fc.tuple(word, fc.boolean()), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([part, isLoud]) => (isLoud ? part.toUpperCase() : part)).join(''));
const value = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom(null, '', true, false, 7, 1_000_000) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', 'whoami'), text, { maxKeys: 2 }) },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 3 }) },
);
const event = fc
  .dictionary(field, value)
  .map((own) => ({ Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1, ...own }));
/** Some writers escape what JSON does not ask them to. */
const writers: readonly ((json: string) => string)[] = [
  (json) => json,
  (json) => json,
  (json) => json.replaceAll('/', '\\/'),
  (json) => json.replaceAll('<', '\\u003c').replaceAll("'", '\\u0027'),
  (json) => json.replaceAll('K', '\\u004B'),
];
const batch = fc.array(fc.tuple(event, fc.constantFrom(...writers), fc.nat(2)), {
  minLength: 1,
  maxLength: 6,
});

const item = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(
      field,
      fc.constantFrom('', '|contains', '|contains|all', '|endswith', '|startswith', '|cased', '|neq'),
      fc.array(word, { minLength: 1, maxLength: 3 }),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(field, fc.constant('|exists'), fc.boolean()) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      field,
      fc.constantFrom('|fieldref', '|fieldref|endswith', '|fieldref|neq', '|fieldref|contains|cased'),
      field,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(field, fc.constant('|cidr'), fc.constant('10.0.0.0/8')) },
  {
    weight: 1,
    arbitrary: fc.tuple(field, fc.constant('|re'), fc.constantFrom('.*cmd.*', '^.?c', '(?i)WHO')),
  },
  { weight: 1, arbitrary: fc.tuple(field, fc.constant(''), fc.constantFrom(null, '*cmd?exe*', '')) },
);
const map = fc
  .uniqueArray(item, { minLength: 1, maxLength: 3, selector: ([name, modifiers]) => name + modifiers })
  .map((items) => Object.fromEntries(items.map(([name, modifiers, wanted]) => [name + modifiers, wanted])));
const search = fc.oneof(
  { weight: 5, arbitrary: map },
  { weight: 1, arbitrary: fc.array(map, { minLength: 1, maxLength: 2 }) },
  { weight: 2, arbitrary: fc.array(keyword, { minLength: 1, maxLength: 3 }) },
);
const rule = fc.record({
  logsource: fc.constantFrom(
    { product: 'windows', category: 'process_creation' },
    { product: 'windows' },
    { category: 'process_creation' },
  ),
  a: search,
  b: search,
  c: search,
  condition: fc.constantFrom(
    'a',
    'not a',
    'a and not b',
    'a or b and not c',
    '1 of them',
    'all of them',
    '2 of them',
  ),
});

test('rules hold for the bytes of events as the specification says, batch after batch', () => {
  let matches = 0;
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 12 }),
      fc.array(batch, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (rules, batches, isCramped) => {
        const set = compileRules(
          rules.flatMap(({ logsource, condition, ...searches }, index) => {
            const id = `rule-${index}`;
            const parsed = parseRules(
              JSON.stringify({ title: id, id, logsource, detection: { ...searches, condition } }),
            );
            expect(parsed.errors).toEqual([]);
            return parsed.rules;
          }),
        );
        const decoder = createDecoder({
          fields: (logSources) => set.forLogSources(logSources).fields,
          // Dictionaries that are given up again and again.
          ...(isCramped ? { limits: { maxDictionaryBytes: 300, maxTotalDictionaryBytes: 3_000 } } : {}),
        });
        const detector = createDetector(set);
        for (const events of batches) {
          const texts = events.flatMap(([one, write, copies]) =>
            Array<string>(copies + 1).fill(write(JSON.stringify(one))),
          );
          const records = texts.map((json, offset) => ({
            topicId: 'test',
            partition: 0,
            offset,
            timestamp: 1_700_000_000_000,
            value: Buffer.from(json),
            headers: {},
          }));
          const decoded = decoder.decode(records);
          expect(decoded.rejected).toEqual([]);
          for (const of of decoded.batches) {
            const { ruleIdsByRow } = detector.detect(of);
            for (let row = 0; row < of.length; row += 1) {
              const one = JSON.parse(Buffer.from(of.raw(row)).toString());
              const expected = set.rules
                .filter((candidate) => naiveMatches(candidate, one))
                .map(({ id }) => id);
              matches += expected.length;
              expect(ruleIdsByRow(row).toSorted()).toEqual(expected.toSorted());
            }
          }
        }
        decoder.close();
      },
    ),
    { numRuns: 150 },
  );
  expect(matches).toBeGreaterThan(500);
});
