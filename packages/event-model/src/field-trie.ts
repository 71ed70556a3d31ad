import { type AliasPart, partOf } from './alias-part.ts';
import type { FieldValue, Scalar } from './field-value.ts';
import type { SourceShape } from './source-profile.ts';

/** Where one path ends: the fields that it gives a value, and how preferred it is for each (0 before 1). */
interface Target {
  readonly field: number;
  readonly rank: number;
  readonly part: AliasPart | readonly AliasPart[] | undefined;
}

/** Added to the rank of an object's text; more than any number of paths of a field. */
const objectPenalty = 100;

interface Node {
  readonly children: Map<string, Node>;
  any: Node | undefined;
  readonly targets: Target[];
}

/** Takes the wanted fields out of a parsed event in one walk over it. */
export interface FieldTrie {
  read(event: object, row: RowValues): void;
}

/** The values of one event's wanted fields, kept between `clear` calls only. */
export interface RowValues {
  readonly touched: readonly number[];
  valueOf(field: number): FieldValue | undefined;
  set(field: number, rank: number, value: Scalar, listed: boolean): void;
  clear(): void;
}

/**
 * The paths at which the fields of one shape may be. A path is written with dots; a key of the event that itself has
 * dots (`id.orig_h`) is found by the same path as the nested form. Arrays on the way are walked through, so that the
 * field becomes the list of what was found.
 */
export function createFieldTrie(
  shape: Pick<SourceShape, 'prefixes' | 'aliases'>,
  fields: readonly string[],
): FieldTrie {
  const root = createNode();
  for (const [field, name] of fields.entries()) {
    const aliases =
      shape.aliases !== undefined && Object.hasOwn(shape.aliases, name) ? shape.aliases[name] : undefined;
    const paths = [...(aliases ?? []), ...shape.prefixes.map((prefix) => prefix + name)];
    for (const [rank, path] of paths.entries()) {
      const place = typeof path === 'string' ? path : path.path;
      insert(root, place.split('.'), {
        field,
        rank,
        part: typeof path === 'string' ? undefined : path.as,
      });
    }
  }
  return {
    read(event, row) {
      walk(root, event, row, false);
    },
  };
}

export function createRowValues(fields: number): RowValues {
  const noRank = 255;
  const ranks = new Uint8Array(fields).fill(noRank);
  const listed = new Uint8Array(fields);
  const values: (FieldValue | undefined)[] = Array(fields).fill(undefined);
  const touched: number[] = [];
  return {
    touched,
    valueOf: (field) => values[field],
    set(field, rank, value, inList) {
      const known = ranks[field] ?? noRank;
      if (rank > known) return;
      if (known === noRank) touched.push(field);
      const current = values[field];
      if (inList && rank === known && listed[field] === 1) (current as Scalar[]).push(value);
      else values[field] = inList ? [value] : value;
      listed[field] = inList ? 1 : 0;
      ranks[field] = rank;
    },
    clear() {
      for (const field of touched) {
        ranks[field] = noRank;
        values[field] = undefined;
      }
      touched.length = 0;
    },
  };
}

function createNode(): Node {
  return { children: new Map(), any: undefined, targets: [] };
}

/** Every node can be reached by its segments one by one or by a key that holds several of them with dots. */
function insert(root: Node, segments: readonly string[], target: Target): void {
  const nodes = [root];
  for (const [index, segment] of segments.entries()) {
    const parent = nodes[index] as Node;
    let next = segment === '*' ? parent.any : parent.children.get(segment);
    if (next === undefined) {
      next = createNode();
      if (segment === '*') parent.any = next;
    }
    nodes.push(next);
    for (let from = 0; from <= index; from += 1) {
      const key = segments.slice(from, index + 1);
      if (!key.includes('*')) (nodes[from] as Node).children.set(key.join('.'), next);
    }
  }
  (nodes.at(-1) as Node).targets.push(target);
}

function walk(node: Node, event: object, row: RowValues, listed: boolean): void {
  for (const key of Object.keys(event)) {
    const child = node.children.get(key);
    if (child === undefined && node.any === undefined) continue;
    const value: unknown = (event as Record<string, unknown>)[key];
    if (child !== undefined) visit(child, value, row, listed);
    if (node.any !== undefined) visit(node.any, value, row, listed);
  }
}

function visit(node: Node, value: unknown, row: RowValues, listed: boolean): void {
  if (typeof value !== 'object' || value === null) {
    put(node, value as Scalar, row, { listed, penalty: 0 });
  } else if (Array.isArray(value)) {
    for (const element of value) visit(node, element, row, true);
  } else {
    // A rule that names a whole object (`requestParameters|contains`) looks at its JSON text, unless the field is found
    // as a value elsewhere.
    if (node.targets.length > 0) put(node, JSON.stringify(value), row, { listed, penalty: objectPenalty });
    if (node.children.size > 0 || node.any !== undefined) walk(node, value, row, listed);
  }
}

function put(
  node: Node,
  value: Scalar,
  row: RowValues,
  { listed, penalty }: { readonly listed: boolean; readonly penalty: number },
): void {
  for (const { field, rank, part } of node.targets) {
    const found = part === undefined ? value : partOf(value, part);
    if (found !== undefined) row.set(field, rank + penalty, found, listed);
  }
}
