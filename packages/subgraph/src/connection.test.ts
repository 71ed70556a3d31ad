import { expect, test } from 'vitest';
import { z } from 'zod';
import { definePaging } from './connection.ts';
import { UserError } from './user-error.ts';

const paging = definePaging({ name: 'numbers', version: 1, key: z.int(), defaultFirst: 3, maxFirst: 10 });
const numbers = Array.from({ length: 8 }, (_, index) => index * 10);

function list(args: { first?: number | null; after?: string | null }) {
  const page = paging.toPage(args);
  const rest = numbers.filter((n) => page.after === undefined || n > page.after);
  return paging.toConnection(page, rest.slice(0, page.limit), (n) => n);
}

test('walking the pages gives every item once, in order', () => {
  const seen: number[] = [];
  let after: string | null = null;
  let pages = 0;
  do {
    const connection: ReturnType<typeof list> = list({ after });
    seen.push(...connection.nodes);
    expect(connection.pageInfo.hasPreviousPage).toBe(after !== null);
    after = connection.pageInfo.hasNextPage ? connection.pageInfo.endCursor : null;
    pages += 1;
  } while (after !== null);
  expect(seen).toEqual(numbers);
  expect(pages).toBe(3);
});

test('edges and page info name the same cursors', () => {
  const { edges, pageInfo } = list({ first: 2 });
  expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual(edges.map(({ cursor }) => cursor));
});

test('an empty page has no cursors', () => {
  const { nodes, pageInfo } = list({ first: 0 });
  expect(nodes).toEqual([]);
  expect(pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: null,
    endCursor: null,
  });
});

test.each([-1, 11, 1.5])('first: %d is refused', (first) => {
  expect(() => paging.toPage({ first })).toThrow('`first` must be from 0 to 10.');
});

const other = (name: string, version: number, key: unknown) =>
  definePaging({ name, version, key: z.unknown() }).toConnection(
    { first: 1, limit: 2, after: undefined },
    [0],
    () => key,
  ).pageInfo.endCursor;

test.each([
  ['another list', other('letters', 1, 5)],
  ['an older version', other('numbers', 0, 5)],
  ['a key of another form', other('numbers', 1, 'five')],
  ['no JSON', 'abc'],
  ['other characters', '{}'],
  ['too many characters', 'a'.repeat(5000)],
  ['nothing', ''],
])('a cursor of %s is refused', (_, after) => {
  expect(() => paging.toPage({ after })).toThrow(UserError);
});
