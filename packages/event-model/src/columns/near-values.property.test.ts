import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CoreHost, createDecodeCore } from '../decode/core/decode-core.ts';
import { tokenKinds } from '../decode/json-token.ts';
import { createValueDictionary } from './value-dictionary.ts';

const nobody = (): never => {
  throw new Error('not asked here');
};
const host: CoreHost = {
  learnKey: nobody,
  childOf: nobody,
  isText: nobody,
  answerOf: nobody,
  verdictOf: nobody,
  openColumn: nobody,
  growRows: nobody,
  putNested: nobody,
  cutTokens: nobody,
  timeOf: nobody,
};
const rowsAtOnce = 300;
const maxTextBytes = 40;

interface Token {
  readonly text: string;
  readonly kind: number;
}
const token = fc.record({
  text: fc.string({ unit: fc.constantFrom('a', 'b', '1', '0'), maxLength: maxTextBytes }),
  kind: fc.constantFrom(tokenKinds.plain, tokenKinds.escaped, tokenKinds.number),
});
/** Rows of a batch as numbers of tokens; -1 for a row that lacks the field. */
const rows = fc.array(fc.integer({ min: -1, max: 400 }), {
  minLength: rowsAtOnce,
  maxLength: rowsAtOnce,
});

test('a value has the code that it has in JavaScript, whether the core keeps few values near or there are many', () => {
  const core = createDecodeCore(host);
  const { memory } = core;
  const text = memory.bytes(rowsAtOnce * maxTextBytes + 64);
  const words = memory.words(2 * rowsAtOnce);
  const shifts = memory.words(rowsAtOnce).fill(text.byteOffset);
  const codes = memory.words(rowsAtOnce);
  fc.assert(
    fc.property(
      fc.uniqueArray(token, {
        minLength: 1,
        maxLength: 200,
        selector: ({ text: of, kind }) => `${kind} ${of}`,
      }),
      fc.array(fc.tuple(fc.constantFrom(3, 20, 400), rows), { minLength: 1, maxLength: 6 }),
      (tokens, batches) => {
        const dictionary = createValueDictionary(memory);
        for (const [distinct, picks] of batches) {
          const picked = picks.map((pick): Token | undefined =>
            pick === -1 ? undefined : tokens[(pick % distinct) % tokens.length],
          );
          let used = 0;
          for (const [row, own] of picked.entries()) {
            words[2 * row] = used;
            words[2 * row + 1] = own === undefined ? 0 : own.text.length * 16 + own.kind;
            used += Buffer.from(own?.text ?? '').copy(text, used);
          }
          dictionary.lookUpNear(core, { words, values: [] }, { length: rowsAtOnce, shifts }, 0, codes);
          for (const [row, own] of picked.entries()) {
            if (own === undefined) expect(codes[row]).toBe(0);
            else {
              const start = words[2 * row] as number;
              const source = { bytes: text, view: new DataView(text.buffer, text.byteOffset, text.length) };
              const known = dictionary.codeOfToken(source, own.kind, start, start + own.text.length);
              expect(codes[row]).toBe(known);
            }
          }
        }
        const distinct = new Set(
          batches.flatMap(([of, picks]) =>
            picks.map((pick) => (pick === -1 ? -1 : (pick % of) % tokens.length)),
          ),
        );
        distinct.delete(-1);
        expect(dictionary.size).toBe(distinct.size + 1);
        dictionary.release();
      },
    ),
    { numRuns: 60 },
  );
  core.close();
});
