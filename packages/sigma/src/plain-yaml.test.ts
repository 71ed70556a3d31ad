import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainYaml } from './plain-yaml.ts';
import { readYaml } from './read-yaml.ts';
import { RuleProblem } from './rule-error.ts';

const sample = `title: A rule # comment
id: 195e1b9d-bfc2-4ffa-ab4e-35aef69815f8
description: |
    Two lines,
      one of them deeper

    and a blank one
tags:
- attack.t1059
- 'it''s'
date: 2024-01-01
detection:
    selection:
        Image|endswith:
            - '\\cmd.exe'
            - "plain"
        'EventID':   4688
        '|all':
            -   a: 1
                b: null
            - c: true
    condition: selection and not 1 of filter_*

level: high
`;

/** What the general reader makes of it; its error where it refuses. */
function general(text: string): unknown {
  try {
    return readYaml(text, 1);
  } catch (problem) {
    if (problem instanceof RuleProblem) return problem.message;
    throw problem;
  }
}

describe('the plain reader', () => {
  it('reads what rules are made of, with places', () => {
    const node = readPlainYaml(sample, 1);
    expect(node).toBeDefined();
    expect(node).toEqual(readYaml(sample, 1));
  });

  it('knows the places of the characters before a doubled quote', () => {
    const text = "a: 'it'''\nb: 'it''s'\n";
    expect(readPlainYaml(text, 1)).toBeDefined();
    expect(readPlainYaml(text, 1)).toEqual(readYaml(text, 1));
  });

  it('reads nothing otherwise than the general reader, whatever is done to the text', () => {
    const pieces = fc.constantFrom(
      ' ',
      '  ',
      '\n',
      '-',
      '- ',
      ':',
      ': ',
      ' #',
      '#',
      "'",
      '"',
      '|',
      '|-',
      '>',
      '&a',
      '*a',
      '!',
      '{',
      '[',
      '\t',
      'x',
      '0',
      '1e3',
      '~',
      'null',
      '---',
      '?',
      '%',
      ',',
      '\\',
      '\n    ',
      '.5',
      '0x1',
      '',
    );
    const edit = fc.tuple(fc.nat(sample.length), fc.nat(6), pieces);
    let read = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = sample;
        for (const [at, removed, piece] of edits) text = text.slice(0, at) + piece + text.slice(at + removed);
        const plain = readPlainYaml(text, 1);
        if (plain === undefined) return;
        read++;
        expect(plain).toEqual(general(text));
      }),
      { numRuns: 4_000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});
