import { describe, expect, it } from 'vitest';
import { compileRules } from './compile-rules.ts';
import { parseRules } from './parse-rules.ts';

const source = [{ product: 'test' }];

/** A rule of one selection, written as JSON (which is YAML). */
function setOf(selection: unknown, placeholders: Record<string, readonly (string | number)[]> = {}) {
  const { rules, errors } = parseRules(
    JSON.stringify({
      title: 't',
      logsource: { product: 'test' },
      detection: { selection, condition: 'selection' },
    }),
  );
  expect(errors).toEqual([]);
  return compileRules(rules, { placeholders });
}

const matches = (selection: unknown, event: Record<string, unknown>, placeholders = {}) => {
  const set = setOf(selection, placeholders);
  expect(set.errors).toEqual([]);
  return set.match(event, source).length === 1;
};

const cases: readonly (readonly [
  string,
  unknown,
  readonly Record<string, unknown>[],
  readonly Record<string, unknown>[],
])[] = [
  [
    'a text in any case',
    { a: 'Cmd' },
    [{ a: 'cMD' }, { a: ['x', 'CMD'] }],
    [{ a: 'cmd.exe' }, {}, { b: 'cmd' }, { a: null }],
  ],
  ['wildcards', { a: 'c?d*' }, [{ a: 'cmd' }, { a: 'C😀D.exe' }], [{ a: 'cd' }, { a: 'xcmd' }]],
  ['escaped wildcards', { a: 'a\\*b\\?' }, [{ a: 'a*b?' }], [{ a: 'axb?' }]],
  ['an escaped backslash before a wildcard', { a: 'c:\\\\*' }, [{ a: 'c:\\x' }], [{ a: 'c:*' }]],
  ['single and double backslashes alike', { a: 'a\\b' }, [{ a: 'a\\b' }], [{ a: 'a\\\\b' }]],
  ['four backslashes as two', { a: '\\\\\\\\srv' }, [{ a: '\\\\srv' }], [{ a: '\\srv' }]],
  ['numbers that arrive as texts', { a: 4688 }, [{ a: 4688 }, { a: '4688' }], [{ a: '04688' }, { a: 46 }]],
  ['texts that arrive as numbers', { a: '4688' }, [{ a: 4688 }, { a: '4688' }], [{ a: 4689 }]],
  ['booleans', { a: true }, [{ a: true }, { a: 'True' }], [{ a: false }, { a: 1 }]],
  ['null', { a: null }, [{}, { a: null }], [{ a: '' }, { a: 0 }]],
  ['the empty text', { a: '' }, [{ a: '' }], [{}, { a: null }, { a: ' ' }]],
  [
    'nested fields',
    { 'a.b': 1 },
    [{ a: { b: 1 } }, { 'a.b': '1' }, { a: [{ b: 0 }, { b: 1 }] }],
    [{ a: { b: 2 } }, { b: 1 }],
  ],
  ['contains', { 'a|contains': 'B' }, [{ a: 'abc' }], [{ a: 'ac' }]],
  ['contains with a number', { 'a|contains': 46 }, [{ a: 14688 }], [{ a: 1 }]],
  ['startswith', { 'a|startswith': 'ab' }, [{ a: 'ABC' }], [{ a: 'cab' }]],
  ['endswith', { 'a|endswith': ['\\cmd.exe', '\\sh'] }, [{ a: 'c:\\CMD.exe' }, { a: '\\sh' }], [{ a: 'sh' }]],
  ['all', { 'a|contains|all': ['x', 'y'] }, [{ a: 'y-x' }, { a: ['x', 'y'] }], [{ a: 'x' }]],
  ['cased', { 'a|cased': 'Ab' }, [{ a: 'Ab' }], [{ a: 'ab' }]],
  [
    'cased with wildcards',
    { 'a|cased': 'A?c*' },
    [{ a: 'AbcD' }, { a: 'ABc' }],
    [{ a: 'abc' }, { a: 'ABC' }],
  ],
  ['cased startswith and all', { 'a|startswith|cased|all': ['A', 'Ab'] }, [{ a: 'Abc' }], [{ a: 'ABc' }]],
  ['cased contains', { 'a|contains|cased': 'Ab' }, [{ a: 'xAbx' }], [{ a: 'xabx' }]],
  ['neq with a place', { 'a|endswith|neq': ['.exe', '.dll'] }, [{ a: 'x.txt' }, {}], [{ a: 'x.DLL' }]],
  ['neq of null', { 'a|neq': null }, [{ a: 0 }, { a: '' }], [{}, { a: null }]],
  ['neq of a network', { 'a|cidr|neq': '10.0.0.0/8' }, [{ a: '11.0.0.1' }, {}], [{ a: '10.9.9.9' }]],
  ['neq of an expression', { 'a|re|neq': '^x' }, [{ a: 'yx' }], [{ a: 'xy' }]],
  ['neq with cased', { 'a|cased|neq': 'X' }, [{ a: 'x' }], [{ a: 'X' }]],
  ['neq, case aside', { 'a|neq': ['x', 1] }, [{ a: 'y' }], [{ a: 'X' }, { a: 1 }]],
  ['neq', { 'a|neq': ['x', 1] }, [{ a: 'y' }, {}, { a: null }], [{ a: 'X' }, { a: '1' }]],
  [
    'contains in an object, which is its JSON text',
    { 'a|contains': '"b":true' },
    [{ a: { b: true } }, { a: [{ c: 1 }, { b: true }] }],
    [{ a: { b: false } }, { 'a.b': true }],
  ],
  ['exists', { 'a|exists': true }, [{ a: 1 }, { a: null }, { a: '' }], [{}]],
  ['exists: false', { 'a|exists': false }, [{}], [{ a: null }]],
  ['lt', { 'a|lt': 5 }, [{ a: 4.9 }, { a: '4' }], [{ a: 5 }, { a: 'x' }, {}, { a: '' }]],
  ['lte and gte', { 'a|lte': 5, 'b|gte': '7' }, [{ a: 5, b: 7 }], [{ a: 5, b: 6 }]],
  ['gte at its bound and below', { 'a|gte': -1.5 }, [{ a: -1.5 }, { a: '-1.5' }, { a: 0 }], [{ a: -1.6 }]],
  ['lte at its bound and above', { 'a|lte': 0 }, [{ a: 0 }, { a: '0.0' }], [{ a: 1e-9 }, { a: true }]],
  ['a range of two comparisons', { 'a|gt': 1, 'a|lt': 3 }, [{ a: 2 }], [{ a: 1 }, { a: 3 }]],
  ['a comparison with the largest of several', { 'a|gt': [5, 3] }, [{ a: 4 }], [{ a: 3 }]],
  ['gt', { 'a|gt': 1_000 }, [{ a: 1_001 }, { a: '1e4' }], [{ a: '0x1000' }]],
  [
    'cidr',
    { 'a|cidr': ['10.0.0.0/8', 'fe80::/10'] },
    [{ a: '10.255.0.1' }, { a: 'FE80::1%eth0' }, { a: '::ffff:10.0.0.1' }],
    [{ a: '11.0.0.1' }, { a: '10.0.0' }, { a: '10.0.0.256' }],
  ],
  [
    'cidr of IPv4-mapped addresses',
    { 'a|cidr': ['::ffff:192.168.0.0/112', '::ffff:10.1.2.3'] },
    [{ a: '192.168.7.8' }, { a: '::ffff:192.168.7.8' }, { a: '10.1.2.3' }],
    [{ a: '192.169.0.1' }, { a: '::192.168.7.8' }, { a: '10.1.2.4' }],
  ],
  ['re', { 'a|re': 'a.c$' }, [{ a: 'xabc' }, { a: 'abc\n' }], [{ a: 'ABC' }, { a: 'a\nc' }]],
  ['re|i', { 'a|re|i': '^AB+$' }, [{ a: 'abb' }], [{ a: 'xab' }]],
  ['re|m', { 'a|re|m': '^b$' }, [{ a: 'a\nb\nc' }], [{ a: 'ab' }]],
  ['re without m', { 'a|re': '^b$' }, [{ a: 'b' }], [{ a: 'a\nb\nc' }]],
  ['re|i|m|s', { 'a|re|i|m|s': '^B.c$' }, [{ a: 'a\nb\nC\nd' }], [{ a: 'ab\nc' }]],
  ['re|m|all', { 'a|re|m|all': ['^a$', '^b$'] }, [{ a: 'b\na' }], [{ a: 'a b' }]],
  ['re of a number', { 'a|re': '^4\\d{3}$' }, [{ a: 4688 }], [{ a: 46 }]],
  ['re|s', { 'a|re|s': 'a.b' }, [{ a: 'a\nb' }], [{ a: 'ab' }]],
  ['inline flags', { 'a|re': '(?i)x(?-i)Y' }, [{ a: 'XY' }], [{ a: 'xy' }]],
  [
    'windash',
    { 'a|contains|windash': ' -f' },
    [{ a: 'x -f' }, { a: 'x /F' }, { a: 'x \u2013f' }, { a: 'x \u2014f' }, { a: 'x \u2015f' }],
    [{ a: 'x f' }],
  ],
  ['base64', { 'a|base64': 'cmd' }, [{ a: 'Y21k' }], [{ a: 'cmd' }]],
  [
    'base64offset',
    { 'a|base64offset|contains': 'powershell' },
    ['powershell', ' powershell', 'x powershell -e'].map((text) => ({ a: btoa(text) })),
    [{ a: btoa('power shell') }],
  ],
  [
    'wide',
    { 'a|wide|base64offset|contains': 'cmd' },
    [{ a: Buffer.from('x cmd y', 'utf16le').toString('base64') }],
    [{ a: btoa('cmd') }],
  ],
  ['utf16be', { 'a|utf16be|base64': 'é' }, [{ a: Buffer.of(0x00, 0xe9).toString('base64') }], []],
  ['utf16', { 'a|utf16|base64': 'a' }, [{ a: Buffer.of(0xff, 0xfe, 0x61, 0x00).toString('base64') }], []],
  ['utf16le as wide', { 'a|utf16le|base64': 'cmd' }, [{ a: 'YwBtAGQA' }], [{ a: 'Y21k' }]],
  ['wide without base64', { 'a|wide|contains': 'ab' }, [{ a: 'xa\0b\0' }], [{ a: 'xab' }]],
  ['utf16be without base64', { 'a|utf16be|startswith': 'ab' }, [{ a: '\0a\0bc' }], [{ a: 'ab' }]],
  ['utf16 without base64', { 'a|utf16': 'a' }, [{ a: '\xff\xfea\0' }], [{ a: 'a\0' }]],
  [
    'utf16be in base64 at any offset',
    { 'a|utf16be|base64offset|contains': 'cmd' },
    ['', 'x', 'xy'].map((before) => ({
      a: Buffer.concat([Buffer.from(before), Buffer.from('cmd', 'utf16le').swap16()]).toString('base64'),
    })),
    [{ a: Buffer.from('cmd', 'utf16le').toString('base64') }],
  ],
  ['utf16le without base64', { 'a|utf16le': 'ab' }, [{ a: 'a\0b\0' }], [{ a: 'ab' }]],
  [
    'windash before base64',
    { 'a|windash|base64': '-e' },
    ['-e', '/e', '\u2014e'].map((text) => ({ a: Buffer.from(text).toString('base64') })),
    [{ a: btoa('e') }],
  ],
  [
    'fieldref',
    { 'a|fieldref': 'b' },
    [{ a: 'X', b: 'x' }],
    [{ a: 'x' }, { a: 'x', b: 'y' }, {}, { a: null, b: null }],
  ],
  ['fieldref|neq', { 'a|fieldref|neq': 'b' }, [{ a: 'x', b: 'y' }, { a: 'x' }], [{ a: 'x', b: 'X' }]],
  ['fieldref|endswith', { 'a|fieldref|endswith': 'b' }, [{ a: 'xyz', b: 'YZ' }], [{ a: 'xyz', b: 'xy' }]],
  [
    'fieldref|contains',
    { 'a|fieldref|contains': 'b' },
    [
      { a: 'xYz', b: 'y' },
      { a: 'x', b: '' },
    ],
    [{ a: 'xyz', b: 'xz' }, { a: 'x' }, { b: 'x' }],
  ],
  ['fieldref|cased', { 'a|fieldref|cased': 'b' }, [{ a: 'X', b: 'X' }], [{ a: 'X', b: 'x' }]],
  ['fieldref|contains|neq', { 'a|fieldref|contains|neq': 'b' }, [{ a: 'x', b: 'y' }], [{ a: 'xy', b: 'Y' }]],
  ['fieldref to several fields', { 'a|fieldref': ['b', 'c'] }, [{ a: 1, c: '1' }], [{ a: 1, b: 2, c: 3 }]],
  ['fieldref|all', { 'a|fieldref|all': ['b', 'c'] }, [{ a: 1, b: 1, c: 1 }], [{ a: 1, c: 1 }]],
  ['fieldref|startswith', { 'a|fieldref|startswith': 'b' }, [{ a: 'xyz', b: 'XY' }], [{ a: 'xyz', b: 'yz' }]],
  ['time parts with neq', { 't|hour|neq': 3 }, [{ t: '2024-05-01T04:00' }], [{ t: '2024-05-01T03:59' }]],
  ['time parts with a list', { 't|day': [1, 31] }, [{ t: '2024-05-31' }], [{ t: '2024-05-30' }]],
  ['month compared', { 't|month|lt': 2 }, [{ t: '2024-01-31T23:59' }], [{ t: '2024-02-01' }]],
  ['year compared', { 't|year|lte': 2023 }, [{ t: '2023-12-31' }], [{ t: '2024-01-01' }]],
  [
    'week 53 of a long year',
    { 't|week': 53 },
    [{ t: '2021-01-03' }, { t: '2020-12-28' }],
    [{ t: '2021-01-04' }],
  ],
  ['minute', { 't|minute': 45 }, [{ t: '2024-05-01T13:45:59Z' }], [{ t: '2024-05-01' }]],
  [
    'hour with a comparison',
    { 't|hour|gte': 22 },
    [{ t: '2024-05-01 22:00' }, { t: '2024-05-01T23:00:00+09:00' }],
    [{ t: '2024-05-01T21:59:00' }],
  ],
  [
    'day, month and year',
    { 't|day': 29, 't|month': 2, 't|year': 2024 },
    [{ t: '2024-02-29' }, { t: Date.UTC(2024, 1, 29) / 1000 }, { t: Date.UTC(2024, 1, 29) }],
    [{ t: '2023-02-28' }],
  ],
  ['week', { 't|week': 1 }, [{ t: '2024-12-30' }, { t: '2021-01-04' }], [{ t: '2021-01-03' }]],
  [
    'keywords',
    ['EVIL', 'x y'],
    [{ a: { b: ['some evil here'] } }, { a: 'ax yb' }],
    [{ evil: 1 }, { a: 'x', b: 'y' }],
  ],
  ['keywords with cased', { '|cased': 'Evil' }, [{ a: 'an Evil x' }], [{ a: 'evil' }]],
  ['keywords with re', { '|re': 'ev[i1]l' }, [{ a: ['x', 'ev1l'] }], [{ a: 'EVIL' }]],
  ['one keyword written alone', 'evil', [{ a: 'Evil!' }], [{ a: 'ev il' }]],
  ['three backslashes as two', { a: 'a\\\\\\b' }, [{ a: 'a\\\\b' }], [{ a: 'a\\b' }]],
  ['three backslashes before a wildcard', { a: 'a\\\\\\*' }, [{ a: 'a\\*' }], [{ a: 'a\\x' }]],
  ['all with one value', { 'a|contains|all': 'x' }, [{ a: 'xy' }], [{ a: 'y' }]],
  ['keywords with all', { '|all': ['one', 'two'] }, [{ a: 'one', b: ['TWO'] }], [{ a: 'one' }]],
  ['keywords that are numbers', [4711], [{ a: 4711 }, { a: 'id 4711' }], [{ a: 471 }]],
  ['a list of maps', [{ a: 1 }, { b: 2, c: 3 }], [{ a: 1 }, { b: 2, c: 3 }], [{ b: 2 }]],
];

describe('a rule', () => {
  it('is refused when a text of it could be held against every place of an event for long', () => {
    for (const text of ['a'.repeat(1_025), '*a?'.repeat(33)])
      expect(setOf({ a: text }).errors).toMatchObject([{ code: 'too_complex', line: 1 }]);
    expect(matches({ 'a|contains': 'b'.repeat(1_024) }, { a: `x${'b'.repeat(1_024)}` })).toBe(true);
    expect(matches({ a: '*a?'.repeat(32) }, { a: 'ab'.repeat(32) })).toBe(true);
  });

  it.each(cases)('matches %s', (_, selection, held, other) => {
    for (const event of held) expect(matches(selection, event), JSON.stringify(event)).toBe(true);
    for (const event of other) expect(matches(selection, event), JSON.stringify(event)).toBe(false);
  });

  it('expands placeholders to all their values, with wildcards', () => {
    const placeholders = { admins: ['adm_*', 'root'], n: [1, 2] };
    for (const a of ['ADM_x', 'root'])
      expect(matches({ 'a|expand': '%admins%' }, { a }, placeholders)).toBe(true);
    expect(matches({ 'a|contains|expand': 'x%n%\\%n%' }, { a: 'ax2%n%' }, placeholders)).toBe(true);
    expect(matches({ 'a|contains|expand': 'x%n%' }, { a: 'ax3' }, placeholders)).toBe(false);
    expect(matches({ 'a|expand': '\\%a%n%' }, { a: '%a2' }, placeholders)).toBe(true);
    expect(matches({ a: '%n%' }, { a: '%N%' }, placeholders)).toBe(true);
    expect(matches({ 'a|expand': '%none%' }, { a: '%none%' }, { none: [] })).toBe(false);
  });

  it.each([
    [{ 'a|expand': '%servers%' }, 'unresolved_placeholder'],
    [{ 'a|re': '(?=x)' }, 'unsupported_regex'],
    [{ 'a|re': '(a)\\1' }, 'unsupported_regex'],
    [{ 'a|re': 'a(b' }, 'unsupported_regex'],
    [{ 'a|re': '((a{900}){900}){900}' }, 'unsupported_regex'],
    [{ 'a|cidr': '10.0.0.0/33' }, 'invalid_value'],
    [{ 'a|exists': 'yes' }, 'invalid_value'],
    [{ 'a|lt': 'five' }, 'invalid_value'],
    [{ 'a|contains': null }, 'invalid_value'],
    [{ 'a|fieldref': 4 }, 'invalid_value'],
    [{ 'a|base64': 'a*' }, 'invalid_modifier'],
    [{ 'a|windash|base64': '-a-b-c-d-e' }, 'invalid_modifier'],
    [{ '|gt': 4 }, 'invalid_modifier'],
    [{ 'a|exists': [true, false] }, 'invalid_value'],
    [{ 'a|hour': 'noon' }, 'invalid_value'],
    [{ 'a|re': null }, 'invalid_value'],
    [{ '|exists': true }, 'invalid_modifier'],
    [{ '|cidr': '10.0.0.0/8' }, 'invalid_modifier'],
  ])('that says %j is refused as %s', (selection, code) => {
    const set = setOf(selection);
    expect(set.errors.map((error) => error.code)).toEqual([code]);
    expect(set.rules).toEqual([]);
    expect(set.match({ a: 'x' }, source)).toEqual([]);
  });
});
