import { partOf } from '../alias-part.ts';
import { valueKind } from '../columns/field-spans.ts';
import { createSourceRows, type SourceRows } from '../columns/source-rows.ts';
import { createSourceTable, type SourceTable } from '../columns/source-table.ts';
import { createValueDictionary, type ValueDictionary } from '../columns/value-dictionary.ts';
import { type ParsedTime, parseEventTime } from '../event-time.ts';
import type { Scalar } from '../field-value.ts';
import { planProfile } from '../profile-plan.ts';
import type { SourceProfile } from '../source-profile.ts';
import { kindMask, listed, type Tokens } from './event-reader.ts';
import { type TokenSource, tokenKinds } from './json-token.ts';
import type { PathTree } from './path-tree.ts';
import { objectPenalty, type Part, planShapes, type ShapePlan, type Target } from './shape-plan.ts';
import { tokenTime } from './token-time.ts';
import { tokenValue } from './token-value.ts';

/** One source, planned: where its fields are, and the rows that were found of it. */
export interface Source {
  readonly table: SourceTable;
  readonly shapes: readonly ShapePlan[];
  readonly rows: SourceRows;
  /** False until an event was read with the source's places in the tree. */
  isMet: boolean;
  /** Gives the fields of the event that was begun its tokens. */
  takeTokens(shape: number, tokens: Tokens, from: TokenSource): void;
  /** The time of the event that was begun, by the profile's clocks: with the clock's name when it cannot be kept. */
  timeOf(from: TokenSource): number | undefined | { readonly outside: string };
}

export function createSource(profile: SourceProfile, wanted: ReadonlySet<string>, tree: PathTree): Source {
  const plan = planProfile(profile, wanted);
  const table = createSourceTable(plan);
  const shapes = planShapes(profile, plan.fields, tree);
  const rows = createSourceRows(plan.fields.length);
  const { fields } = rows;
  const parts = createPartMemo();

  const takeToken = (
    targets: readonly Target[],
    from: TokenSource,
    kind: number,
    start: number,
    end: number,
  ) => {
    const isListed = (kind & listed) !== 0;
    const only = kind & kindMask;
    const penalty = only === tokenKinds.object ? objectPenalty : 0;
    for (const { field, rank, part } of targets) {
      if (part !== undefined) {
        const taken = parts.partOf(part, from, only, start, end);
        if (taken !== undefined) fields.putValue(field, rank + penalty, taken, isListed);
      } else if (isListed)
        fields.putValue(field, rank + penalty, tokenValue(from.bytes, only, start, end) as Scalar, true);
      else fields.put(field, rank + penalty, only, start, end);
    }
  };

  return {
    table,
    shapes,
    rows,
    isMet: false,
    takeTokens(shape, tokens, from) {
      const { single, targets } = shapes[shape] as ShapePlan;
      const { nodes, kinds, starts, ends, count } = tokens;
      fields.begin(rows.length);
      for (let item = 0; item < count; item += 1) {
        const node = nodes[item] as number;
        const target = node < single.length ? (single[node] as number) : -1;
        if (target === -1) continue;
        const kind = kinds[item] as number;
        // A token of one field alone, in no list and no object: nearly all are.
        if (target >= 0 && kind < tokenKinds.object)
          fields.put(target >> 8, target & 255, kind, starts[item] as number, ends[item] as number);
        else
          takeToken(
            target >= 0
              ? [{ field: target >> 8, rank: target & 255, part: undefined }]
              : (targets.get(node) as readonly Target[]),
            from,
            kind,
            starts[item] as number,
            ends[item] as number,
          );
      }
    },
    timeOf(from) {
      const row = rows.length;
      for (let index = 0; index < plan.time.length; index += 1) {
        const { field, format } = plan.time[index] as (typeof plan.time)[number];
        if (!fields.has(field)) continue;
        const spans = fields.columns[field];
        if (spans === undefined) continue;
        const kind = spans.kinds[row] as number;
        const start = spans.starts[row] as number;
        const time: ParsedTime =
          kind === valueKind
            ? parseEventTime(spans.values[start] ?? null, format)
            : tokenTime(from, kind, start, spans.ends[row] as number, format);
        if (time === 'outside') return { outside: plan.fields[field] ?? '' };
        if (time !== undefined) return time;
      }
      return undefined;
    },
  };
}

const maxMemoBytes = 2 * 1024 * 1024;
const noPart = Symbol('no such part');

/** What was cut out of texts, once per distinct text and part. */
function createPartMemo() {
  let texts: ValueDictionary = createValueDictionary();
  let cut = new Map<Part, (string | typeof noPart | undefined)[]>();
  // A text has several parts, which are asked for one after another.
  let lastSource: TokenSource | undefined;
  let lastStart = -1;
  let lastCode = 0;
  let lastText: Scalar | undefined;
  return {
    partOf(part: Part, from: TokenSource, kind: number, start: number, end: number): string | undefined {
      if (from !== lastSource || start !== lastStart) {
        if (texts.bytes > maxMemoBytes) {
          texts = createValueDictionary();
          cut = new Map();
        }
        lastSource = from;
        lastStart = start;
        lastCode = texts.codeOfToken(from, kind, start, end);
        lastText = undefined;
      }
      let known = cut.get(part);
      if (known === undefined) {
        known = [];
        cut.set(part, known);
      }
      let taken = known[lastCode];
      if (taken === undefined) {
        lastText ??= texts.valueOf(lastCode) as Scalar;
        taken = partOf(lastText, part) ?? noPart;
        known[lastCode] = taken;
      }
      return taken === noPart ? undefined : taken;
    },
  };
}
