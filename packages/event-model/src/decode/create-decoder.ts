import type { EventBatch } from '../columns/event-batch.ts';
import { type BatchLifetime, createSourceBatch } from '../columns/source-batch.ts';
import type { SourceTable } from '../columns/source-table.ts';
import type { Decoder, DecoderLimits, RawRecord } from '../decoder.ts';
import type { LogSource } from '../log-source.ts';
import { createCorePatterns } from '../parts/core-patterns.ts';
import { sourceProfiles } from '../profiles/source-profiles.ts';
import type { SourceProfile } from '../source-profile.ts';
import { createDecodeCore } from './core/decode-core.ts';
import { createRecordRun } from './core/record-run.ts';
import { createTextWindow } from './core/text-window.ts';
import { createEventReader } from './event-reader.ts';
import { createPathTree } from './path-tree.ts';
import { createSourceRecognizer } from './recognize-source.ts';
import { createRecordReader } from './record-reader.ts';
import type { ShapePlan } from './shape-plan.ts';
import { createSource, noTime, type Source } from './source.ts';

export interface DecoderOptions {
  /** Tried in order. @default sourceProfiles */
  readonly profiles?: readonly SourceProfile[];
  /** Names of the fields that rules of these log sources read; other fields stay reachable, but slowly. */
  readonly fields: (logSources: readonly LogSource[]) => Iterable<string>;
  readonly limits?: Partial<DecoderLimits>;
  /** The clock for records that carry no time of their own. @default Date.now */
  readonly now?: () => number;
  /** Profile ids by Kafka topic id: what arrives there is of that source. The header `parapet-source` of a record wins. */
  readonly sourceByTopic?: Readonly<Record<string, string>>;
}

const defaultLimits: DecoderLimits = {
  maxEventBytes: 1024 * 1024,
  maxDepth: 64,
  maxLines: 10_000,
  maxDictionaryBytes: 8 * 1024 * 1024,
  maxTotalDictionaryBytes: 192 * 1024 * 1024,
};

/** There are hundreds of dictionaries: too many to add up their sizes for every few events. */
const maxUnreviewed = 1024 * 1024;

/**
 * A decoder over JSON records (see `splitRecord` for the forms a record may have). It keeps dictionaries between calls
 * and nothing else. The batches it returned are valid until it decodes again: their memory is used again.
 *
 * Events are read from their bytes by the core. What it does not take (what is broken, and a few forms in which only
 * `JSON.parse` is sure to be right) goes the slow way: cut out by `splitRecord`, parsed, and walked. Both ways give the same.
 */
export function createDecoder(options: DecoderOptions): Decoder {
  const profiles = options.profiles ?? sourceProfiles;
  const limits = { ...defaultLimits, ...options.limits };
  const now = options.now ?? Date.now;
  const tree = createPathTree();
  const core = createDecodeCore({
    learnKey: (node, start, end) => reader.learnKey(node, start, end),
    childOf: (node, start, end) => reader.childOf(node, start, end),
    isText: (start, end) => reader.isText(start, end),
    answerOf: (node, kind, start, end) => reader.answerOf(node, kind, start, end),
    verdictOf: (length, profile) => recognizer.verdictOf(length, profile),
    openColumn: (source, field) => sources[source]?.rows.fields.open(field),
    growRows: (source) => sources[source]?.rows.grow(),
    putNested: (source, shape) =>
      sources[source]?.takeTokens(shapeAt(shape).shape, reader.tokens, records.tokens),
    cutTokens: (source, shape) => sources[source]?.cutTokens(shapeAt(shape).shape, reader, records.tokens),
    timeOf: (source) => sources[source]?.timeOf(records.tokens) ?? noTime,
  });
  const patterns = createCorePatterns(core.memory);
  const recognizer = createSourceRecognizer(profiles, tree, core);
  const reader = createEventReader(tree, core, recognizer, limits);
  const window = createTextWindow(core, () => lookUpNear());
  const run = createRecordRun(core, window, { maxLines: limits.maxLines, now });
  const sources: (Source | undefined)[] = [];
  let isClosed = false;
  /** Of the batches of the last call. */
  let lifetime: BatchLifetime = { isOver: false };
  /** Bytes that were decoded since the sizes of all dictionaries were added up. */
  let unreviewed = 0;
  const reviewEvery = Math.min(maxUnreviewed, limits.maxTotalDictionaryBytes / 64);
  let recordsOfCall: readonly RawRecord[] = [];

  const sourceOf = (number: number): Source => {
    const known = sources[number];
    if (known !== undefined) return known;
    const profile = profiles[number] as SourceProfile;
    const wanted = new Set(profile.kinds.flatMap((kind) => [...options.fields(kind.logSources)]));
    const source = createSource(profile, wanted, tree, { core, name: number, patterns });
    source.begin(recordsOfCall, records.tokenSources);
    sources[number] = source;
    for (const [shape, { profile: its, shape: own }] of recognizer.shapes.entries()) {
      if (its === number) reader.plan(shape, (source.shapes[own] as ShapePlan).head);
    }
    return source;
  };
  const records = createRecordReader({
    limits,
    now,
    tree,
    recognizer,
    reader,
    window,
    run,
    profileNumbers: new Map(profiles.map((profile, number) => [profile.id, number])),
    byTopic: new Map(Object.entries(options.sourceByTopic ?? {})),
    sourceOf,
  });
  const shapeAt = (shape: number) => recognizer.shapes[shape] as (typeof recognizer.shapes)[number];
  /** Looks at the events in the text window: for the codes of values, and for texts. */
  const lookUpNear = (): void => {
    for (const source of sources) {
      if (source === undefined) continue;
      source.table.early.advance(source.rows);
      source.table.numbers.advance(source.rows);
      source.table.scans.advance(source.rows);
    }
  };

  return {
    get memoryBytes() {
      return core.size;
    },
    close() {
      isClosed = true;
      lifetime.isOver = true;
      core.close();
    },
    decode(raw) {
      if (isClosed) throw new Error('The decoder was closed.');
      lifetime.isOver = true;
      lifetime = { isOver: false };
      recordsOfCall = raw;
      records.begin();
      // A call that failed half-way must not leave rows to the next one.
      for (const source of sources) source?.begin(raw, records.tokenSources);
      const tables = sources.flatMap((source) => (source === undefined ? [] : [source.table]));
      for (const table of tables) table.startGeneration(limits.maxDictionaryBytes);
      if (unreviewed >= reviewEvery) {
        forgetLargest(tables, limits.maxTotalDictionaryBytes);
        unreviewed = 0;
      }
      const rejected = records.read(raw);
      unreviewed += records.bytes;
      lookUpNear();
      const batches: EventBatch[] = [];
      for (const source of sources) {
        if (source === undefined || source.rows.length === 0) continue;
        batches.push(createSourceBatch(source.table, source.rows, lifetime));
      }
      return { batches, rejected };
    },
  };
}

/** Forgets the largest tables until what is left is within the bound: between batches, never within one. */
function forgetLargest(tables: readonly SourceTable[], maxBytes: number): void {
  const sizes = tables.map((table) => ({ table, bytes: table.bytes() })).sort((a, b) => b.bytes - a.bytes);
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { table, bytes } of sizes) {
    if (total <= maxBytes) break;
    table.forget();
    total -= bytes;
  }
}
