import { maxTextLength, partOf } from '../alias-part.ts';
import { valueKind } from '../columns/field-spans.ts';
import { createSourceRows, type SourceRows } from '../columns/source-rows.ts';
import { createSourceTable, type SourceTable } from '../columns/source-table.ts';
import { createValueDictionary, type ValueDictionary } from '../columns/value-dictionary.ts';
import type { RawRecord } from '../decoder.ts';
import { type ParsedTime, parseEventTime, timeFormats } from '../event-time.ts';
import type { Scalar } from '../field-value.ts';
import { type BytePattern, beginsWith, findPart, found } from '../parts/byte-pattern.ts';
import type { CorePatterns } from '../parts/core-patterns.ts';
import { planProfile } from '../profile-plan.ts';
import type { SourceProfile } from '../source-profile.ts';
import type { DecodeCore } from './core/decode-core.ts';
import { type EventReader, listed, type Tokens, tokenSize } from './event-reader.ts';
import { kindMask, type TokenSource, tokenKinds } from './json-token.ts';
import type { PathTree } from './path-tree.ts';
import { objectPenalty, type Part, planShapes, type ShapePlan, type Target } from './shape-plan.ts';
import { tokenTime } from './token-time.ts';
import { tokenValue } from './token-value.ts';

/** One source, planned: where its fields are, and the rows that were found of it. */
export interface Source {
  readonly table: SourceTable;
  readonly shapes: readonly ShapePlan[];
  readonly rows: SourceRows;
  /** Begins the next call of the decoder, whose bytes may stand where others stood before. */
  begin(records: readonly RawRecord[], sources: readonly TokenSource[]): void;
  /** Begins an event and gives the fields its tokens. The core does the same for events without lists and objects. */
  takeTokens(shape: number, tokens: Tokens, from: TokenSource): void;
  /** Cuts the values of the fields out of those tokens of the reader that have to be cut. The event was begun by the core. */
  cutTokens(shape: number, reader: EventReader, from: TokenSource): void;
  /**
   * The time of the event that was begun, by the profile's clocks: `noTime` where they have none, `outsideTime` where it cannot be kept.
   */
  timeOf(from: TokenSource): number;
  /** The clock whose time could not be kept the last time. */
  readonly outsideClock: string;
}

/** What is no time, as numbers: a time is asked for of each event. */
export const noTime = -1;
export const outsideTime = -2;

/** @param name by which the core asks for the source's columns */
export function createSource(
  profile: SourceProfile,
  wanted: ReadonlySet<string>,
  tree: PathTree,
  {
    core,
    name,
    patterns,
  }: { readonly core: DecodeCore; readonly name: number; readonly patterns: CorePatterns },
): Source {
  const plan = planProfile(profile, wanted);
  const { memory } = core;
  const table = createSourceTable(plan, core);
  const rows = createSourceRows(plan.fields.length, memory, name);
  const { fields } = rows;
  const shapes = planShapes(profile, plan.fields, tree, {
    memory,
    sink: fields.sink.byteOffset,
    patterns,
  });
  const clocks = memory.words(2 * plan.time.length);
  for (const [index, { field, format }] of plan.time.entries())
    clocks.set([field, timeFormats.indexOf(format)], 2 * index);
  fields.describe(rows.head, clocks);
  const parts = createPartMemo();
  let outsideClock = '';

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
    const isPlain = kind === tokenKinds.plain;
    let prefix: BytePattern | undefined;
    let begins = true;
    for (const { field, rank, part, patterns } of targets) {
      if (patterns !== undefined && isPlain) {
        if (end - start > maxTextLength) continue;
        if (patterns.prefix !== prefix) {
          prefix = patterns.prefix;
          begins = prefix === undefined || beginsWith(prefix, from.bytes, start, end);
        }
        if (begins && findPart(patterns, from.bytes, start, end))
          fields.put(field, rank, tokenKinds.plain, found.start, found.end);
      } else if (part !== undefined) {
        const taken = parts.partOf(part, from, only, start, end);
        if (taken !== undefined) fields.putValue(field, rank + penalty, taken, isListed);
      } else if (isListed)
        fields.putValue(field, rank + penalty, tokenValue(from.bytes, only, start, end) as Scalar, true);
      else fields.put(field, rank + penalty, only, start, end);
    }
  };

  const source: Source = {
    table,
    shapes,
    rows,
    begin(records, sources) {
      rows.begin(records, sources);
      parts.forgetLast();
    },
    takeTokens(shape, { items, filled }, from) {
      const { single, several, targets } = shapes[shape] as ShapePlan;
      fields.begin();
      for (let at = 0; at < filled; at += tokenSize) {
        const node = items[at] as number;
        const target = node < single.length ? (single[node] as number) : -1;
        if (target === -1) continue;
        const kind = items[at + 1] as number;
        const start = items[at + 2] as number;
        const end = items[at + 3] as number;
        if (target === -2 || kind >= tokenKinds.object)
          takeToken(targets.get(node) as readonly Target[], from, kind, start, end);
        else if (target >= 0) fields.put(target >> 8, target & 255, kind, start, end);
        else {
          const first = -2 - target;
          const last = first + (several[first - 1] as number);
          for (let index = first; index < last; index += 1) {
            const one = several[index] as number;
            fields.put(one >> 8, one & 255, kind, start, end);
          }
        }
      }
    },
    cutTokens(shape, { tokens, cuts, cutCount }, from) {
      const { targets } = shapes[shape] as ShapePlan;
      const { items } = tokens;
      for (let index = 0; index < cutCount; index += 1) {
        const at = cuts[index] as number;
        const looking = targets.get(items[at] as number) as readonly Target[];
        takeToken(looking, from, items[at + 1] as number, items[at + 2] as number, items[at + 3] as number);
      }
    },
    timeOf(from) {
      const row = rows.length;
      for (let index = 0; index < plan.time.length; index += 1) {
        const { field, format } = plan.time[index] as (typeof plan.time)[number];
        if (!fields.has(field)) continue;
        const spans = fields.columns[field];
        if (spans === undefined) continue;
        const start = spans.words[2 * row] as number;
        const tag = spans.words[2 * row + 1] as number;
        const time: ParsedTime =
          tag === valueKind
            ? parseEventTime(spans.values[start] ?? null, format)
            : tokenTime(from, tag & kindMask, start, start + (tag >>> 4), format);
        if (time === 'outside') {
          outsideClock = plan.fields[field] ?? '';
          return outsideTime;
        }
        if (time !== undefined) return time;
      }
      return noTime;
    },
    get outsideClock() {
      return outsideClock;
    },
  };
  return source;
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
    forgetLast(): void {
      lastSource = undefined;
    },
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
