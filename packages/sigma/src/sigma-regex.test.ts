import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSigmaRegex } from './sigma-regex.ts';

const regexOf = (source: string, flags = '') => {
  const regex = createSigmaRegex(source, flags);
  if ('problem' in regex) throw new Error(regex.problem);
  return regex;
};
const problemOf = (source: string) => {
  const regex = createSigmaRegex(source, '');
  return 'problem' in regex ? regex.problem : undefined;
};

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '\\w',
  '\\s',
  '\\d',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '\\b',
  '\\B',
  ' ',
  '1',
  'B',
  '\\.',
  '\\n',
  '[\\s-]',
  '^',
  '$',
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    atom,
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => a + b),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '+?', '*?'))
      .map(([a, quantifier]) => `(${a})${quantifier}`),
  ),
}));
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', 'B', 'c', '1', ' ', '\n', '.', '-', '_', 'é'),
  maxLength: 12,
});

describe('regular expressions', () => {
  it('match what JavaScript matches, where the two languages agree', () => {
    fc.assert(
      fc.property(expression, fc.constantFrom('', 'i', 's', 'm', 'ims'), text, (source, flags, value) => {
        // At the very end, `$` of PCRE also stands before a newline, which JavaScript has no word for but this.
        const native = new RegExp(
          flags.includes('m') ? source : source.replaceAll('$', '(?=\\n?(?![\\s\\S]))'),
          flags,
        );
        const regex = regexOf(source, flags);
        expect(regex.test(value)).toBe(native.test(value));
        const { literals } = regex;
        if (!regex.test(value)) return;
        for (const texts of literals)
          expect(texts.some((text) => value.toLowerCase().includes(text))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('take time in proportion to the text, whatever the expression', () => {
    const hostile = `${'a'.repeat(200_000)}!`;
    for (const source of ['(a+)+$', '(a|aa)+$', '(.*a){10}x', 'a.*a.*a.*a.*a.*x', '\\s*a\\s*a\\s*x'])
      expect(regexOf(source).test(hostile)).toBe(false);
  });

  it.each([
    ['\\Aab\\z', 'ab', 'ab\n'],
    ['ab\\Z', 'ab\n', 'abc'],
    ['[[:alpha:]]+[[:^digit:]]', 'ab', 'a1'],
    ['\\x41\\u0042\\x{43}', 'ABC', 'abc'],
    ['\\Qa.b\\E', 'a.b', 'axb'],
    ['(?<name>a)(?P<other>b)', 'ab', 'b'],
    ['(?i:A)b', 'ab', 'aB'],
    ['a{,2}', 'a{,2}', 'aa'],
    ['[]a]b', ']b', 'b'],
    ['[^]a]b', 'cb', ']b'],
    ['É', 'É', 'é'],
    ['(?i)É[^é]', 'éx', 'éÉ'],
    ['(?s).{3}', 'a\nb', 'ab'],
    ['\\h\\t', ' \t', '  '],
  ])('know %s of PCRE', (source, held, other) => {
    expect(regexOf(source).test(held)).toBe(true);
    expect(regexOf(source).test(other)).toBe(false);
  });

  it.each([
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(?>a)',
    '(a)\\1',
    'a++',
    '\\p{L}',
    '(',
    ')',
    '[a',
    '[b-a]',
    '*a',
    'a{3,1}',
    'a{2000}',
    '\\',
    '(?x)a',
    '(((a{100}){100}){100})',
    '('.repeat(200),
    `a${'*'.repeat(9_990)}`,
  ])('refuse %s with a sentence', (source) => {
    expect(problemOf(source)).toMatch(/^The regular expression cannot be used: .*\.$/u);
  });
});
