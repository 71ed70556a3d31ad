import { describe, expect, it } from 'vitest';
import { text, variable } from '../packages/service/src/index.ts';
import { outdatedFiles } from './config-table.ts';
import { toConfigurationPage, toEnvExample, toVariables } from './config-variables.ts';

describe('docs/CONFIGURATION.md and .env.example', () => {
  it('agree with the schemas (else run: node scripts/config-table.ts)', async () => {
    expect(await outdatedFiles()).toEqual([]);
  });
});

describe('toVariables', () => {
  const shared = variable(text(), { description: 'A door | a key.', secret: true });

  it('names all readers of a variable once, with its default and meaning', () => {
    const variables = toVariables(
      new Map([
        ['one', { KEY: shared, SIZE: text().default('3').describe('How many.') }],
        ['two', { KEY: shared }],
      ]),
    );
    const page = toConfigurationPage(variables);
    expect(page).toContain('| `KEY` | required | A door \\| a key. Secret: never printed. | one, two |');
    expect(page).toContain('| `SIZE` | `3` | How many. | one |');
    expect(page).toContain('| `LOG_LEVEL` | `info` |');
    expect(toEnvExample(variables)).toContain('# How many. Read by: one.\n# SIZE=3\n');
  });

  it('refuses a variable that says nothing, or two things', () => {
    expect(() => toVariables(new Map([['one', { KEY: text() }]]))).toThrow('KEY of one has no description');
    const other = variable(text(), { description: 'Something else.', secret: true });
    expect(() =>
      toVariables(
        new Map([
          ['one', { KEY: shared }],
          ['two', { KEY: other }],
        ]),
      ),
    ).toThrow('KEY has another meaning in two than in one');
  });
});
