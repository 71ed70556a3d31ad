import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChannelAtom } from './atom-table.ts';
import type { Scalar, ValueTable } from './column-batch.ts';
import { inForm, type Matcher, matchesScalar, type TextForm } from './matcher.ts';
import { createSigmaRegex } from './sigma-regex.ts';
import { anyCharacter, anyText } from './text-pattern.ts';
import { writeAscii } from './value-bytes.ts';
import { createValueQuestions } from './value-questions.ts';

const unit = fc.constantFrom(
  'a',
  'A',
  'b',
  'B',
  '-',
  '/',
  '\u2013',
  'é',
  'É',
  'K',
  '\u212a',
  '😀',
  '\0',
  '1',
);
const short = fc.string({ unit, maxLength: 7 });
const form = fc.record({ cased: fc.boolean(), dashes: fc.boolean() });
const texts = fc
  .tuple(fc.constantFrom('exact', 'prefix', 'suffix', 'contains'), short, form)
  .filter(([kind, text]) => kind === 'exact' || text !== '')
  .map(([kind, text, own]): Matcher => ({ kind, text: inForm(text, own), form: own }) as Matcher);
const globs = fc.tuple(short, short, form).map(
  ([before, after, own]: [string, string, TextForm]): Matcher => ({
    kind: 'glob',
    pattern: [
      ...(before === '' ? [] : [inForm(before, own)]),
      anyCharacter,
      anyText,
      ...(after === '' ? [] : [inForm(after, own)]),
    ],
    form: own,
  }),
);
const regexes = fc
  .tuple(fc.constantFrom('ab.*b1', 'a(b|-)+.*1.*a', '^A', 'é|ab', '(?i)a.b.*[ab]1'), fc.constantFrom('', 'i'))
  .map(([source, flags]): Matcher => {
    const regex = createSigmaRegex(source, flags);
    if ('problem' in regex) throw new Error(regex.problem);
    return { kind: 'regex', regex };
  });
const matcher = fc.oneof(
  { weight: 6, arbitrary: texts },
  globs,
  regexes,
  fc.constantFrom<Matcher>(
    { kind: 'any' },
    { kind: 'null' },
    { kind: 'exists' },
    { kind: 'number', comparison: 'gt', than: 0, part: undefined },
  ),
);
const value = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit, maxLength: 30 }) },
  fc.constantFrom<Scalar>(null, true, 1, -4.5, ''),
);

it('holds the same atoms for a value as bytes, as a string, and asked one by one', () => {
  fc.assert(
    fc.property(
      fc.array(matcher, { maxLength: 40 }),
      fc.array(value, { minLength: 1, maxLength: 8 }),
      (matchers, values) => {
        const atoms = matchers.map((one, index): ChannelAtom => ({ atom: index * 3 + 1, matcher: one }));
        const questions = createValueQuestions(atoms);
        const strings: ValueTable = { size: values.length + 1, valueOf: (code) => values[code - 1] ?? null };
        const bytes: ValueTable = {
          ...strings,
          copyAscii(code, target) {
            const one = values[code - 1];
            return typeof one === 'string' ? writeAscii(one, target) : -1;
          },
        };
        for (const [index, one] of values.entries()) {
          const wanted = atoms.filter((atom) => matchesScalar(atom.matcher, one)).map(({ atom }) => atom);
          for (const table of [strings, bytes]) {
            const count = questions.askCode(table, index + 1);
            expect(Array.from(questions.held.subarray(0, count))).toEqual(wanted);
          }
        }
      },
    ),
    { numRuns: 1_000 },
  );
}, 60_000);
