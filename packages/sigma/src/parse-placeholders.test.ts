import { describe, expect, it } from 'vitest';
import { parsePlaceholders } from './parse-placeholders.ts';

describe('placeholders', () => {
  it('are names with one value or a list of values', () => {
    const { placeholders, errors } = parsePlaceholders('admins:\n  - root\n  - adm*\nport: 22\n');
    expect({ ...placeholders }).toEqual({ admins: ['root', 'adm*'], port: [22] });
    expect(errors).toEqual([]);
    expect(parsePlaceholders('')).toMatchObject({ placeholders: {}, errors: [] });
  });

  it.each(['- a\n', 'a: {b: c}\n', 'a: [\n', 'a: [true]\n'])(
    'that cannot be used are an error with its place: %j',
    (text) => {
      const { errors } = parsePlaceholders(text);
      expect(errors).toHaveLength(1);
      expect(errors[0]?.line).toBeGreaterThan(0);
    },
  );
});
