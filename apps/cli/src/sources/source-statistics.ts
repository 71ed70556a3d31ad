import {
  createSourceExplainer,
  describeFieldTest,
  type EventBatch,
  type EventKind,
  type FieldValue,
  ocsfClasses,
  parseJson,
  pathsOfField,
  productName,
  type ShapeProfile,
  type SourceExplainer,
  type SourceProfile,
} from '@parapet/event-model';
import type { SigmaRule } from '@parapet/sigma';
import { createReach, leavesOf } from './event-paths.ts';
import type { RuleWants } from './rule-wants.ts';
import type { SourceReport } from './source-report.ts';

/** What is counted about the events of one source, in bounded memory. */
export interface SourceStatistics {
  /** Counts the events of a batch that was decoded by one of the source's shapes. */
  add(batch: EventBatch, profile: ShapeProfile): void;
  report(): SourceReport;
}

/** Paths that are told apart in one shape: events with keys out of data (ids, names) have no end of them. */
const maxPaths = 5_000;
const maxSampleLength = 80;
/** Events that are OCSF already may say of themselves what they like. */
const maxKinds = 500;

interface Counted {
  events: number;
  readonly sample: string;
}

/** Events of one kind that are the same in OCSF. */
interface KindCounts {
  events: number;
  readonly kind: number;
  readonly class: string;
  readonly activity: string;
}

interface ShapeCounts {
  readonly explainer: SourceExplainer;
  events: number;
  readonly paths: Map<string, Counted>;
  isCut: boolean;
}

export function createSourceStatistics(
  profile: SourceProfile,
  wantsOf: (logSources: EventKind['logSources']) => RuleWants,
): SourceStatistics {
  const shapes = new Map<ShapeProfile, ShapeCounts>();
  const kinds = new Map<string, KindCounts>();
  const mapped = new Map<string, Counted & { readonly field: string; readonly attribute: string }>();
  /** Number of the kind -> fields that its rules read and that one of its events has. */
  const present = new Map<number, Set<string>>();
  const kindsSeen = new Set<number>();
  let events = 0;
  let withoutTime = 0;

  const countPaths = (counts: ShapeCounts, event: object): void => {
    counts.events += 1;
    const inEvent = new Set<string>();
    for (const [path, value] of leavesOf(event)) {
      if (inEvent.has(path)) continue;
      inEvent.add(path);
      const known = counts.paths.get(path);
      if (known !== undefined) known.events += 1;
      else if (counts.paths.size < maxPaths) counts.paths.set(path, { events: 1, sample: sampleOf(value) });
      else counts.isCut = true;
    }
  };

  const countKind = (batch: EventBatch, row: number): void => {
    const number = batch.routes[row] ?? 0;
    const kind = profile.kinds[number] as EventKind;
    const said = (path: string): string => sampleOf(batch.attributeValue(row, path) ?? 'unknown');
    let name = said('class_name');
    let activity =
      batch.attribute('activity_name') === undefined ? said('activity_id') : said('activity_name');
    let key = JSON.stringify([kind.logSources, name, activity]);
    if (!kinds.has(key) && kinds.size >= maxKinds) {
      name = ocsfClasses[kind.class].name;
      activity = 'various';
      key = JSON.stringify([kind.logSources, name, activity]);
    }
    getOrAdd(kinds, key, () => ({ events: 0, kind: number, class: name, activity })).events += 1;
    kindsSeen.add(number);
  };

  const countMapped = (field: string, attribute: string, value: FieldValue | undefined): void => {
    const key = `${field} ${attribute}`;
    const known = mapped.get(key);
    if (known !== undefined) known.events += 1;
    else mapped.set(key, { field, attribute, events: 1, sample: sampleOf(value) });
  };

  /** Fields of rules are few in an event, and once seen they need not be looked for again. */
  const countPresent = (batch: EventBatch): void => {
    for (const [number, logSources] of batch.logSources.entries()) {
      const seen = getOrAdd(present, number, () => new Set<string>());
      const wanted = [...wantsOf(logSources).fields.keys()].filter((field) => !seen.has(field));
      if (wanted.length === 0 || !batch.routes.includes(number)) continue;
      for (const field of wanted) {
        const codes = batch.field(field)?.codes;
        if (codes?.some((code, row) => code !== 0 && batch.routes[row] === number) === true) seen.add(field);
      }
    }
  };

  return {
    add(batch, shape) {
      const counts = getOrAdd(shapes, shape, () => ({
        explainer: createSourceExplainer(shape),
        events: 0,
        paths: new Map(),
        isCut: false,
      }));
      for (let row = 0; row < batch.length; row += 1) {
        countPaths(counts, parseJson(new TextDecoder().decode(batch.raw(row))) as object);
        for (const { field, attribute } of counts.explainer.mapped(batch, row))
          countMapped(field, attribute, batch.attributeValue(row, attribute));
        countKind(batch, row);
        events += 1;
        if (batch.times[row] === 0) withoutTime += 1;
      }
      countPresent(batch);
    },
    report() {
      const seenKinds = [...kindsSeen].map((number) => ({
        number,
        kind: profile.kinds[number] as EventKind,
      }));
      const rules = new Map<SigmaRule, RuleWants>();
      const fields = new Set([...shapes.values()].flatMap(({ explainer }) => explainer.fields));
      const wanted = new Map<string, Set<SigmaRule>>();
      const found = new Set<string>();
      for (const { number, kind } of seenKinds) {
        const wants = wantsOf(kind.logSources);
        for (const rule of wants.rules) rules.set(rule, wants);
        for (const [field, readers] of wants.fields) {
          fields.add(field);
          if (present.get(number)?.has(field) === true) found.add(field);
          for (const rule of readers) getOrAdd(wanted, field, () => new Set<SigmaRule>()).add(rule);
        }
      }
      return {
        source: profile.id,
        product: productName(profile),
        events,
        withoutTime,
        shapes: [...shapes]
          .map(([{ shape, recognised }, counts]) => ({
            shape: shape.id,
            events: counts.events,
            because: recognised ? shape.when.map(describeFieldTest) : ['the source was named'],
          }))
          .sort((one, other) => other.events - one.events),
        kinds: [...kinds.values()]
          .sort((one, other) => other.events - one.events)
          .map(({ kind, ...counts }) => {
            const logSources = profile.kinds[kind]?.logSources ?? [];
            return { ...counts, logSources, rules: wantsOf(logSources).rules.length };
          }),
        mapped: [...mapped.values()].sort((one, other) => other.events - one.events),
        ...unusedOf(shapes, fields),
        wanted: [...wanted]
          .filter(([field]) => !found.has(field))
          .map(([field, readers]) => ({
            field,
            rules: readers.size,
            example: readers.values().next().value?.title ?? '',
          }))
          .sort((one, other) => other.rules - one.rules || one.field.localeCompare(other.field)),
        rules: rules.size,
        rulesWithKeywords: Math.max(0, ...seenKinds.map(({ kind }) => wantsOf(kind.logSources).withKeywords)),
      };
    },
  };
}

function unusedOf(
  shapes: ReadonlyMap<ShapeProfile, ShapeCounts>,
  fields: ReadonlySet<string>,
): Pick<SourceReport, 'unused' | 'unusedIsCut'> {
  const unused = new Map<string, Counted>();
  for (const [{ shape }, { paths }] of shapes) {
    const isReached = createReach([...fields].flatMap((field) => pathsOfField(shape, field)));
    for (const [path, { events, sample }] of paths) {
      if (isReached(path)) continue;
      const known = unused.get(path);
      if (known === undefined) unused.set(path, { events, sample });
      else known.events += events;
    }
  }
  return {
    unused: [...unused]
      .map(([path, { events, sample }]) => ({ path, events, sample }))
      .sort((one, other) => other.events - one.events),
    unusedIsCut: [...shapes.values()].some(({ isCut }) => isCut),
  };
}

function sampleOf(value: FieldValue | undefined): string {
  const text = typeof value === 'object' && value !== null ? value.map(String).join(', ') : String(value);
  return text.length > maxSampleLength ? `${text.slice(0, maxSampleLength - 1)}…` : text;
}

/** The value of a key, made when it is first asked for. */
export function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
