import type { z } from 'zod';
import { isStorable } from './storable-text.ts';
import { UserError } from './user-error.ts';

/** Arguments of a list field, as they come from GraphQL. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

/** A page to fetch. Fetch `limit` items: one more than asked for, by which `toConnection` knows whether there is a next page. */
export interface Page<K> {
  readonly first: number;
  readonly limit: number;
  /** The key of the item that the page comes after. */
  readonly after: K | undefined;
}

export interface Connection<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly nodes: readonly T[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** How one list is cut into pages: by a key that orders its items without ties. */
export interface Paging<K> {
  /** @throws {UserError} when `first` is out of range or `after` is not a cursor of this list. */
  toPage(args: PageArgs): Page<K>;
  /** A Relay connection of what was fetched for `page`. */
  toConnection<T>(page: Page<K>, fetched: readonly T[], keyOf: (item: T) => K): Connection<T>;
}

const maxCursorLength = 2000;

/**
 * `name` and `version` are written into the cursors: one of another list, or of an older form of the key, is refused with a
 * clear error instead of giving a wrong page.
 */
export function definePaging<K>(opts: {
  name: string;
  version: number;
  key: z.ZodType<K>;
  defaultFirst?: number;
  maxFirst?: number;
}): Paging<K> {
  const { name, version, key, defaultFirst = 50, maxFirst = 500 } = opts;

  function toCursor(value: K): string {
    return Buffer.from(JSON.stringify([name, version, value]), 'utf8').toString('base64url');
  }

  function parseCursor(cursor: string): K {
    const parts = parseCursorParts(cursor);
    if (parts?.[0] === name && parts[1] === version) {
      const parsed = key.safeParse(parts[2]);
      if (parsed.success) return parsed.data;
    }
    throw new UserError(
      'BAD_USER_INPUT',
      '`after` is not a cursor of this list: give the `endCursor` of its page before.',
    );
  }

  return {
    toPage({ first, after }) {
      const wanted = first ?? defaultFirst;
      if (!Number.isInteger(wanted) || wanted < 0 || wanted > maxFirst) {
        throw new UserError('BAD_USER_INPUT', `\`first\` must be from 0 to ${maxFirst}.`);
      }
      return { first: wanted, limit: wanted + 1, after: after == null ? undefined : parseCursor(after) };
    },
    toConnection(page, fetched, keyOf) {
      const nodes = fetched.slice(0, page.first);
      const edges = nodes.map((node) => ({ cursor: toCursor(keyOf(node)), node }));
      return {
        edges,
        nodes,
        pageInfo: {
          hasNextPage: fetched.length > page.first,
          hasPreviousPage: page.after !== undefined,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        },
      };
    },
  };
}

function parseCursorParts(cursor: string): unknown[] | undefined {
  if (cursor.length > maxCursorLength || !/^[\w-]+$/.test(cursor)) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && isStorable(parts) && areTimes(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** Largest distance of a time from 1970 that a JavaScript date holds, milliseconds. */
const maxTime = 8.64e15;

/** Whether every number in a cursor could be a time; none of our keys holds larger ones. */
function areTimes(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= maxTime;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(areTimes);
}
