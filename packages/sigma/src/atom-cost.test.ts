import { expect, test } from 'vitest';
import { absenceCost, costOf } from './atom-cost.ts';
import { createAtomTable } from './atom-table.ts';
import { prepareDetection } from './compile-rule.ts';
import { witnessOf } from './expression.ts';
import { parseRules } from './parse-rules.ts';

/** Texts of the questions that a rule with this selection is found by. */
function soughtOf(selection: string): readonly string[] {
  const { rules, errors } = parseRules(
    `title: t\nid: 7f3c1a52-6f0e-4e0a-9d55-0b6a0f7a3c11\nlogsource: { product: windows }\ndetection: { selection: { ${selection} }, condition: selection }\n`,
  );
  expect(errors).toEqual([]);
  const table = createAtomTable();
  const expression = prepareDetection(rules[0]?.detection ?? expect.fail(), {})(table);
  const witness = witnessOf(expression, (atom, negated) => costOf(table.matcherOf(atom), negated));
  return Array.from(witness?.atoms ?? [], (atom) => {
    const matcher = table.matcherOf(atom);
    return matcher !== undefined && 'text' in matcher ? matcher.text : '';
  });
}

test.each([
  [
    'a path is rarer than a word',
    "Kind: CreateKey, Target|contains: '\\VolumeCaches\\'",
    ['\\volumecaches\\'],
  ],
  ['a path is rarer than a mask', "Access: '0x1400', Image|endswith: '\\sysmon64.exe'", ['\\sysmon64.exe']],
  [
    'a long text of common parts alone tells little',
    "Image|endswith: ':\\Windows\\System32\\svchost.exe', Access: '0x1f3fff'",
    ['0x1f3fff'],
  ],
  [
    'of two texts the longer',
    'Line|contains|all: [mimidrv, sekurlsa::logonpasswords]',
    ['sekurlsa::logonpasswords'],
  ],
  [
    'one text rather than many words',
    "Id: [1, 2, 3], Line|startswith: '\\Device\\CdRom'",
    ['\\device\\cdrom'],
  ],
])('%s', (_, selection, sought) => {
  expect(soughtOf(selection)).toEqual(sought);
});

test('an absence costs more than several questions that look for something', () => {
  expect(costOf(undefined, true)).toBe(absenceCost);
  expect(costOf({ kind: 'any' }, false)).toBeLessThan(absenceCost);
});
