import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAutomaton } from './regex-automaton.ts';
import { assemble, classify, kinds } from './regex-program.ts';
import { createSimulation } from './regex-simulation.ts';
import { parseRegex } from './regex-syntax.ts';

const simulate = (source: string, flags: string, text: string): boolean => {
  const program = assemble(parseRegex(source, flags));
  const place = { from: 0, steps: [program.start], before: kinds.start };
  return createSimulation(program, classify(program))(text, place);
};
const piece = fc.constantFrom(
  'a',
  'b',
  '.',
  '\\w',
  '[^a]',
  '\\b',
  '\\B',
  '^',
  '$',
  '\\n',
  '(?:a|b)',
  '(a|ab)*',
  'b+',
  'a?',
  '(?:ba){1,3}',
);
const source = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', ' ', '\n', 'é'), maxLength: 14 });

it('finds what the automaton finds', () => {
  let held = 0;
  fc.assert(
    fc.property(source, fc.constantFrom('', 'i', 's', 'm', 'ims'), text, (one, flags, value) => {
      const expected = createAutomaton(parseRegex(one, flags))(value);
      if (expected) held++;
      expect(simulate(one, flags, value)).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
  expect(held).toBeGreaterThan(300);
});

it('goes on with a text that leads the automaton to ever new states', () => {
  const matches = createAutomaton(parseRegex('(a|b)*a[ab]{14}c', ''));
  const letters = fc.integer({ min: 0, max: 0xffffffff }).map((seed) => {
    let state = seed;
    return Array.from({ length: 12_000 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return state < 0 ? 'a' : 'b';
    }).join('');
  });
  fc.assert(
    fc.property(letters, (value) => {
      const isHeld = value.at(-15) === 'a';
      expect(matches(`${value}c`)).toBe(isHeld);
      expect(matches(`${value}c\n`)).toBe(isHeld);
      expect(matches(value)).toBe(false);
    }),
    { numRuns: 20 },
  );
});
