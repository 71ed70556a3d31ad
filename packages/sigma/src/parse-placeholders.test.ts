import { describe, expect, it } from 'vitest';
import { parsePlaceholders } from './parse-placeholders.ts';

describe('parsePlaceholders', () => {
  it('reads names and their values, one or a list', () => {
    const { placeholders, errors } = parsePlaceholders(
      'Servers:\n  - srv*\n  - 10\n"%Administrators%": root\nempty: []\n__proto__: x\n',
    );
    expect(errors).toEqual([]);
    expect(Object.entries(placeholders)).toEqual([
      ['Servers', ['srv*', 10]],
      ['Administrators', ['root']],
      ['empty', []],
      ['__proto__', ['x']],
    ]);
  });

  it('reads an empty file as none', () => {
    expect(parsePlaceholders('# none yet\n')).toEqual({ placeholders: {}, errors: [] });
  });

  it('tells all that is wrong with its place, and gives what is right', () => {
    const { placeholders, errors } = parsePlaceholders(
      'a b: x\nright: y\nlist:\n  - z\n  - true\n  - c: d\n"%right%": again\n',
      { path: 'p.yml' },
    );
    expect(placeholders).toEqual({ right: ['y'] });
    expect(errors.map(({ path, line, column, code }) => `${path}:${line}:${column} ${code}`)).toEqual([
      'p.yml:1:1 invalid_field',
      'p.yml:5:5 invalid_value',
      'p.yml:6:5 invalid_value',
      'p.yml:7:1 invalid_field',
    ]);
  });

  it.each([
    ['- a', '1:1 invalid_field'],
    ['a: [', '1:5 yaml_syntax'],
    ['x'.repeat(9 << 20), '1:1 yaml_limit'],
  ])('refuses what is no mapping', (text, expected) => {
    const { errors } = parsePlaceholders(text);
    expect(errors.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([expected]);
  });
});
