import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText, parseRecords, parseYaml } from './records.ts';

const cell = fc.string({ unit: fc.constantFrom('a', 'B', ' ', ',', ';', '"', '\n', '\r', '#', 'ü', '\0') });
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('what is written as CSV is read back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 10 }), (rows) => {
      const text = ['one,two', ...rows.map((row) => row.map(quoted).join(','))].join('\r\n');
      expect([...parseRecords(text, 'csv')]).toEqual(rows.map(([one, two]) => ({ one, two })));
    }),
  );
});

test('no text makes the readers of lines fail, and a broken line costs itself alone', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), cell), (text) => {
      for (const format of ['csv', 'ndjson'] as const) Array.from(parseRecords(text, format));
      expect([...parseRecords(`{"a":1}\n${text.replaceAll('\n', '')}x{\n{"a":2}`, 'ndjson')]).toEqual([
        { a: 1 },
        undefined,
        { a: 2 },
      ]);
    }),
  );
});

test.each([
  ['a;b\n1;2\n', [{ a: '1', b: '2' }]],
  ['\ufeffa\tb\n1\t2', [{ a: '1', b: '2' }]],
  ['a,b\n\n# comment\n1,2,3\n4,5\n', [undefined, { a: '4', b: '5' }]],
  ['a,b\n"open,1\n2,3\n', [undefined, { a: '2', b: '3' }]],
  [`a,b\n${'x'.repeat(70_000)},1\n2,3\n`, [undefined, { a: '2', b: '3' }]],
  ['', []],
  ['# only a comment', []],
  ['__proto__,b\n1,2\n', [JSON.parse('{"__proto__":"1","b":"2"}')]],
])('CSV %#', (text, rows) => {
  expect([...parseRecords(text, 'csv')]).toEqual(rows);
});

test('YAML that would take memory or stack is refused with a sentence', () => {
  expect(() => parseYaml('['.repeat(50_000))).toThrow('The file is no YAML that can be read');
  expect(() => parseYaml('- a\n'.repeat(2_000_000))).toThrow(/larger than/);
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x]',
    ...Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(',')}]`,
    ),
  ].join('\n');
  expect(() => parseYaml(bomb)).toThrow('The file is no YAML that can be read');
});

test('bytes that are no text are refused', () => {
  expect(() => decodeText(Uint8Array.of(0xff, 0xfe, 0x41))).toThrow('The file is no UTF-8 text.');
});
