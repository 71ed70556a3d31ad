import { Buffer, isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostileEvent } from '../testing/hostile-json.ts';
import { sampleEvents } from '../testing/sample-events.ts';
import { jsonFault, utf8Fault } from './text-fault.ts';

const faultOf = (text: string): number => {
  const bytes = Buffer.from(text);
  return jsonFault(bytes, 0, bytes.length);
};
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('where JSON breaks', () => {
  test.each([
    ['', 0],
    ['  ', 2],
    ['{', 1],
    ['{"a"', 4],
    ['{"a":', 5],
    ['{"a":1', 6],
    ['{"a":1,}', 7],
    ['{"a":1 "b":2}', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['{"a":1}}', 7],
    ['{"a":[1,]}', 8],
    ['{"a":[1}', 7],
    ['{"a":tru}', 8],
    ['{"a":nul', 8],
    ['{"a":NaN}', 5],
    ['{"a":01}', 6],
    ['{"a":-}', 6],
    ['{"a":1.}', 7],
    ['{"a":1.e1}', 7],
    ['{"a":1e}', 7],
    ['{"a":1e+}', 8],
    ['{"a":+1}', 5],
    ['{"a":.5}', 5],
    ['{"a":"x', 7],
    ['{"a":"\\', 7],
    ['{"a":"\\x"}', 7],
    ['{"a":"\\u12g4"}', 10],
    ['{"a":"\\u12', 10],
    ['{"a":"x\ny"}', 7],
    ['[1,2', 4],
    ['{"a":1} x', 8],
    ['\u00a0{}', 0],
  ])('%j: at %i', (text, position) => {
    expect(faultOf(text)).toBe(position);
  });

  test('nowhere exactly when JSON.parse takes the text, whatever one byte was made of', () => {
    fc.assert(
      fc.property(
        hostileEvent(sampleEvents),
        fc.nat(),
        fc.integer({ min: 0, max: 127 }),
        (text, place, byte) => {
          const bytes = Buffer.from(text);
          expect(jsonFault(bytes, 0, bytes.length)).toBe(-1);
          bytes[place % bytes.length] = byte;
          fc.pre(isUtf8(bytes));
          const changed = bytes.toString();
          expect(jsonFault(bytes, 0, bytes.length) === -1).toBe(isJson(changed));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('of a text that was cut at its end, and of a text with a foreign byte never behind that byte and what follows it', () => {
    fc.assert(
      fc.property(hostileEvent(sampleEvents), fc.nat(), (text, place) => {
        const bytes = Buffer.from(text);
        const at = place % bytes.length;
        expect(jsonFault(bytes, 0, at)).toBe(at);
        bytes[at] = 0x01;
        expect(jsonFault(bytes, 0, bytes.length)).toBe(at);
      }),
      { numRuns: 1_000 },
    );
  });

  test('at any depth, without a stack to overflow', () => {
    expect(faultOf('['.repeat(1_000_000))).toBe(1_000_000);
    expect(faultOf(`${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`)).toBe(-1);
  });

  test('reads nothing outside of its bounds', () => {
    const bytes = Buffer.from('x{"a":1}x');
    expect(jsonFault(bytes, 1, 8)).toBe(-1);
    expect(jsonFault(bytes, 1, 7)).toBe(7);
    expect(jsonFault(Buffer.from('"\\u0041"'), 0, 5)).toBe(5);
  });
});

describe('where UTF-8 breaks', () => {
  test.each([
    [[0x41, 0xff], 1],
    [[0x41, 0xc3], 1],
    [[0xc0, 0xaf], 0],
    [[0xe0, 0x80, 0x80], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0xf0, 0x9f, 0x98, 0x80, 0x80], 4],
    [[0xe2, 0x82, 0x41], 0],
  ])('%j: at %i', (list, position) => {
    expect(utf8Fault(Uint8Array.from(list), 0, list.length)).toBe(position);
  });

  test('nowhere exactly when the platform says that it is UTF-8, and what stands before it is', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }),
      fc
        .constantFrom(0xe0, 0xed, 0xf0, 0xf4, 0xef, 0xc2)
        .chain((lead) =>
          fc.uint8Array({ min: 0x7e, maxLength: 3 }).map((rest) => Uint8Array.of(lead, ...rest)),
        ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const bytes = Buffer.concat(pieces);
        const fault = utf8Fault(bytes, 0, bytes.length);
        expect(fault === -1).toBe(isUtf8(bytes));
        if (fault !== -1) expect(isUtf8(bytes.subarray(0, fault))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
