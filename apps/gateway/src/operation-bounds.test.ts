import { buildSchema, getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { defaultOperationBounds, exceededBound, measureDocument, operationCost } from './operation-bounds.ts';

const schema = buildSchema(`
  type Query { user: User users(first: Int = 20): UserConnection! all: [User!]! names: [String!]! }
  type User { id: ID name: String friends(first: Int): [User!]! groups: [Group!]! }
  type Group { id: ID owner: User }
  type UserConnection { nodes: [User!]! edges: [UserEdge!]! }
  type UserEdge { node: User! }
`);
const measure = (text: string) => measureDocument(parse(text));
const cost = (text: string, variables: Record<string, unknown> = {}, limit = 1e9) => {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('no operation');
  return operationCost({ schema, document, operation, variables, limit });
};

describe('measureDocument', () => {
  it('counts levels, aliases, directives and fields', () => {
    expect(measure('query @a { x: user @b { y: id ... @c { name } } }')).toEqual({
      depth: 2,
      aliases: 2,
      directives: 3,
      fields: 3,
    });
  });

  it('counts a fragment wherever it is spread', () => {
    const text = '{ user { ...F friends { ...F } } } fragment F on User { a: id groups { id } }';
    expect(measure(text)).toEqual({ depth: 4, aliases: 2, directives: 0, fields: 8 });
  });

  it('takes linear time for fragments that double each other', () => {
    const fragments = Array.from(
      { length: 300 },
      (_, i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`,
    );
    const shape = measure(`{ user { ...F0 } } ${fragments.join(' ')} fragment F300 on User { id }`);
    expect(shape.fields).toBeGreaterThan(1e80);
  });

  it('ends for fragments inside themselves and for fragments that do not exist', () => {
    expect(
      measure('{ user { ...A ...Z } } fragment A on User { ...B } fragment B on User { id ...A }').fields,
    ).toBe(2);
  });

  it('takes the worst of several operations and unused fragments', () => {
    expect(measure('query A { user { id } } query B { user { friends { id } } }').depth).toBe(3);
    expect(
      measure('{ user { id } } fragment Unused on User { friends { friends { friends { id } } } }').depth,
    ).toBe(4);
  });

  it('is told apart by the bound that is exceeded', () => {
    const shape = { depth: 1, aliases: 1, directives: 1, fields: 1 };
    expect(exceededBound(shape, defaultOperationBounds)).toBeUndefined();
    expect(exceededBound({ ...shape, depth: 99 }, defaultOperationBounds)).toContain('levels');
    expect(exceededBound({ ...shape, aliases: 99 }, defaultOperationBounds)).toContain('aliases');
    expect(exceededBound({ ...shape, directives: 99 }, defaultOperationBounds)).toContain('directives');
    expect(exceededBound({ ...shape, fields: 9_999 }, defaultOperationBounds)).toContain('fields');
  });
});

describe('operationCost', () => {
  it.each<[string, number]>([
    ['{ user { id name } }', 1],
    ['{ names }', 0],
    ['{ all { id } }', 10],
    ['{ all { friends(first: 3) { id } } }', 10 + 30],
    // The connection itself, then its nodes.
    ['{ users(first: 7) { nodes { id } } }', 1 + 7],
    ['{ users(first: 7) { edges { node { id } } } }', 1 + 7 + 7],
    // The default of the schema, and of the subgraphs where the schema has none.
    ['{ users { nodes { id } } }', 1 + 20],
    ['{ user { friends { id } } }', 1 + 50],
    ['{ users(first: 5) { nodes { groups { owner { id } } } } }', 1 + 5 + 50 + 50],
    [
      '{ user { ...F } } fragment F on User { friends(first: 2) { ... on User { friends(first: 3) { id } } } }',
      1 + 2 + 6,
    ],
    ['{ users(first: -5) { nodes { id } } }', 1 + 1],
  ])('of %s is %d', (text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  it('reads `first` from variables', () => {
    expect(cost('query($n: Int) { users(first: $n) { nodes { id } } }', { n: 400 })).toBe(401);
  });

  it('stops counting above its limit', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, i) => `fragment F${i} on User { friends(first: 2) { ...F${i + 1} ...F${i + 1} } }`,
    );
    expect(
      cost(`{ user { ...F0 } } ${fragments.join(' ')} fragment F60 on User { id }`, {}, 1_000),
    ).toBeGreaterThan(1_000);
  });
});
