import { describe, expect, it } from 'vitest';
import { readYaml } from './read-yaml.ts';
import type { YamlNode } from './yaml-node.ts';

/** The document as plain values. */
function plain(node: YamlNode | undefined): unknown {
  if (node === undefined || node.kind === 'scalar') return node?.value;
  if (node.kind === 'sequence') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

describe('an alias', () => {
  it.each([
    ['stands for what has the anchor', 'a: &x [1, 2]\nb: *x\n', { a: [1, 2], b: [1, 2] }],
    [
      'means the anchor that was given last before it',
      'a: &x 1\nb: *x\nc: &x 2\nd: *x\n',
      { a: 1, b: 1, c: 2, d: 2 },
    ],
    [
      'does not bring back an anchor inside of what it stands for',
      'a: &outer { k: &x 1 }\nb: &x 2\nc: *outer\nd: *x\n',
      { a: { k: 1 }, b: 2, c: { k: 1 }, d: 2 },
    ],
  ])('%s', (_, text, expected) => {
    expect(plain(readYaml(text, 1))).toEqual(expected);
  });

  it('without an anchor before it is a mistake with its place', () => {
    expect(() => readYaml('a: 1\nb: *x\nc: &x 2\n', 1)).toThrow(/alias/i);
  });

  it('may come thousands of times', () => {
    const text = `a: &x v\nb:\n${'  - *x\n'.repeat(20_000)}`;
    expect(plain(readYaml(text, 1))).toMatchObject({ a: 'v' });
  });
});
