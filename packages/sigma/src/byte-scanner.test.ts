import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteScanner, plainRun } from './byte-scanner.ts';

const encoder = new TextEncoder();
const piece = fc.constantFrom(
  'abc',
  'Mimikatz',
  'event::',
  'a',
  'é',
  '\\',
  '"',
  '\n',
  ' ',
  'ABD',
  '\u0001',
  'k',
  'clear',
);
const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

describe('the byte scanner', () => {
  it('never misses a text that stands in a value of the document', () => {
    const texts = fc.array(value, { minLength: 1, maxLength: 4 });
    let told = 0;
    fc.assert(
      fc.property(texts, fc.array(value, { maxLength: 4 }), (wanted, values) => {
        const runs = wanted.map((text) => plainRun(text.toLowerCase()));
        if (runs.includes(undefined)) return;
        const scan = createByteScanner(runs.map((run) => run ?? ''));
        const holds = values.some((text) =>
          wanted.some((one) => text.toLowerCase().includes(one.toLowerCase())),
        );
        const may = scan(encoder.encode(JSON.stringify({ list: values })));
        if (holds) expect(may).toBe(true);
        if (!may) told++;
      }),
      { numRuns: 3_000 },
    );
    expect(told).toBeGreaterThan(100);
  });

  it('takes an escaped letter for any letter', () => {
    const scan = createByteScanner(['mimikatz']);
    expect(scan(encoder.encode('{"a":"mimikat\\u007a"}'))).toBe(true);
    expect(scan(encoder.encode('{"a":"mimikat"}'))).toBe(false);
  });

  it('looks for nothing that JSON may write in another way', () => {
    expect(plainRun('ab/cdef"g')).toBe('cdef');
    expect(plainRun('1000')).toBeUndefined();
    expect(plainRun('ab')).toBeUndefined();
    expect(plainRun('cat > /127.0.0.1/80')).toBe('cat ');
    expect(plainRun('a-bcd', '-')).toBe('bcd');
  });
});
