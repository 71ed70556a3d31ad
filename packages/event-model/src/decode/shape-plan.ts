import { type AliasPart, bytePatternsOf, partOf } from '../alias-part.ts';
import type { FieldSpans } from '../columns/field-spans.ts';
import { fieldPaths } from '../field-paths.ts';
import type { Scalar } from '../field-value.ts';
import type { PartPatterns } from '../parts/byte-pattern.ts';
import type { CorePatterns } from '../parts/core-patterns.ts';
import type { SourceProfile } from '../source-profile.ts';
import { type ArrayMemory, heapMemory } from './core/array-memory.ts';
import type { PathTree } from './path-tree.ts';

/** A part of the text at a place; of several each is taken out of the one before. */
export type Part = AliasPart | readonly AliasPart[];

/** A field that looks at a place. */
export interface Target {
  readonly field: number;
  /** How preferred the place is for the field, 0 before 1. */
  readonly rank: number;
  readonly part: Part | undefined;
  /** How the part is found in the bytes of a text: see `bytePatternsOf`. */
  readonly patterns: PartPatterns | undefined;
}

/** Which places of a shape give which fields their values. */
export interface ShapePlan {
  /**
   * By node: -1 where the shape looks for nothing; where one field alone is looked for as it is, its number and rank
   * (`field * 256 + rank`); where several are, -3 less their place in `several`; -2 where `targets` has the fields.
   */
  readonly single: Int32Array;
  /** How many fields, and then the number and rank of each. */
  readonly several: Int32Array;
  /**
   * By node where it stands how the core cuts parts out of a plain text there: how many fields, and of each its number and rank, the prefix
   * and the lists of its patterns (0 for the whole text). 0 where JavaScript has to.
   */
  readonly cutters: Int32Array;
  readonly targets: ReadonlyMap<number, readonly Target[]>;
  /** Where the core finds the plan, see `assembly/sink.ts`. */
  readonly head: Int32Array;
}

/** The memory a plan is kept in, the sink (see `FieldSpans`) whose fields it speaks of, and the patterns laid out there. */
export interface PlanPlace {
  readonly memory: ArrayMemory;
  readonly sink: number;
  readonly patterns: CorePatterns | undefined;
}

const nowhere: PlanPlace = { memory: heapMemory, sink: 0, patterns: undefined };

/** Added to the rank of an object's text; more than any number of paths of a field. */
export const objectPenalty = 100;

/**
 * Where the fields may be in each shape of a profile: its aliases in their order, then its prefixes. The places are added to the
 * tree.
 */
export function planShapes(
  profile: SourceProfile,
  fields: readonly string[],
  tree: PathTree,
  to: PlanPlace = nowhere,
): readonly ShapePlan[] {
  return profile.shapes.map((shape, number) => {
    const targets = new Map<number, Target[]>();
    for (const [field, name] of fields.entries()) {
      for (const [rank, path] of fieldPaths(shape, name).entries()) {
        const node = tree.add(typeof path === 'string' ? path : path.path).id;
        const part = typeof path === 'string' ? undefined : path.as;
        const target = { field, rank, part, patterns: part === undefined ? undefined : bytePatternsOf(part) };
        targets.set(node, [...(targets.get(node) ?? []), target]);
      }
    }
    return createShapePlan(targets, to, number);
  });
}

function createShapePlan(
  targets: ReadonlyMap<number, Target[]>,
  { memory, sink, patterns: known }: PlanPlace,
  shape: number,
): ShapePlan {
  const nodes = Math.max(0, ...targets.keys()) + 1;
  const single = memory.ints(nodes).fill(-1);
  const several: number[] = [];
  for (const [node, list] of targets) {
    // Parts with a prefix side by side: it is then looked at once.
    list.sort(
      (one, other) =>
        Number(one.patterns?.prefix !== undefined) - Number(other.patterns?.prefix !== undefined),
    );
    const packed = list.map(({ field, rank }) => field * 256 + rank);
    if (list.some(({ part }) => part !== undefined)) single[node] = -2;
    else if (packed.length === 1) single[node] = packed[0] as number;
    else {
      single[node] = -3 - several.length;
      several.push(packed.length, ...packed);
    }
  }
  const cutters = memory.ints(nodes);
  for (const [node, some] of targets) if (known !== undefined) cutters[node] = cutterOf(some, known, memory);
  const list = memory.ints(several.length);
  list.set(several);
  const head = memory.ints(6);
  head.set([single.byteOffset, nodes, list.byteOffset, sink, shape, cutters.byteOffset]);
  return { single, several: list, cutters, targets, head };
}

function cutterOf(targets: readonly Target[], known: CorePatterns, memory: ArrayMemory): number {
  if (targets.some(({ part, patterns }) => part !== undefined && patterns === undefined)) return 0;
  const numbers = targets.flatMap(({ field, rank, patterns }) =>
    patterns === undefined
      ? [field * 256 + rank, 0, 0]
      : [field * 256 + rank, known.prefixOf(patterns), known.listsOf(patterns)],
  );
  const words = memory.ints(1 + numbers.length);
  words.set([targets.length, ...numbers]);
  return words.byteOffset;
}

/** A value of a parsed event. */
export interface FoundValue {
  readonly value: Scalar;
  readonly isListed: boolean;
  readonly isObject: boolean;
}

/** Gives the fields that look at a node the value found there. */
export function putFound(
  fields: FieldSpans,
  { targets }: ShapePlan,
  node: number,
  { value, isListed, isObject }: FoundValue,
): void {
  for (const { field, rank, part } of targets.get(node) ?? []) {
    const taken = part === undefined ? value : partOf(value, part);
    if (taken !== undefined) fields.putValue(field, rank + (isObject ? objectPenalty : 0), taken, isListed);
  }
}
