import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObject,
  Registry,
} from 'prom-client';
import { raceAbort, withDeadline } from './deadline.ts';

/** At most this many values of the label are kept apart; further ones count as `other`. For topics, partitions, subgraphs. */
export interface BoundedLabel {
  readonly maxValues: number;
}

/** Each label is a closed list of values, or bounded: a label never takes ids, addresses, messages or anything else without end. */
export type LabelSets = Readonly<Record<string, readonly string[] | BoundedLabel>>;

export type LabelValues<L extends LabelSets> = {
  readonly [K in keyof L]: L[K] extends readonly (infer V)[] ? V : string | number;
};

/** Labels come first where the metric has any. */
type Observe<L extends LabelSets> = [keyof L] extends [never]
  ? (value: number) => void
  : (labels: LabelValues<L>, value: number) => void;

type Increment<L extends LabelSets> = [keyof L] extends [never]
  ? (by?: number) => void
  : (labels: LabelValues<L>, by?: number) => void;

export interface MetricOptions<L extends LabelSets> {
  /** With unit; a counter ends in `_total`. */
  readonly name: `parapet_${string}`;
  readonly help: string;
  readonly labels?: L;
}

// biome-ignore lint/complexity/noBannedTypes: no labels is the empty object, and only that
type NoLabels = {};

/** Metrics of one thread as plain data, which can be sent from thread to thread. */
export type MetricsSnapshot = readonly MetricObject[];

/** How the values that several threads give for one gauge and the same labels become one. */
export type GaugeMerge = 'sum' | 'max' | 'min' | 'average' | 'first';

export interface Metrics {
  readonly registry: Registry;
  /** Everything as Prometheus text: the metrics of this thread and of all that were {@link include}d. */
  page(): Promise<string>;
  /** The metrics of this thread alone, for the thread that shows the page. */
  snapshot(): Promise<MetricsSnapshot>;
  /**
   * From now on the page holds those of another thread too: counters and histograms are added up, gauges as they say. A
   * thread that does not answer within 2 s counts with its last answer, so that no counter goes back.
   */
  include(read: () => Promise<MetricsSnapshot>): void;
  counter<const L extends LabelSets = NoLabels>(opts: MetricOptions<L>): { inc: Increment<L> };
  /** `collect` is called with the gauge's `set` when the metrics are read, for what is cheaper to ask than to follow. */
  gauge<const L extends LabelSets = NoLabels>(
    opts: MetricOptions<L> & {
      collect?: (set: Observe<L>) => void | Promise<void>;
      /** @default 'sum' */
      merge?: GaugeMerge;
    },
  ): { set: Observe<L>; inc: Increment<L>; dec: Increment<L> };
  /** `buckets`: upper bounds in ascending order, in the unit of the name. */
  histogram<const L extends LabelSets = NoLabels>(
    opts: MetricOptions<L> & { buckets: readonly number[] },
  ): { observe: Observe<L> };
}

const snapshotTimeoutMs = 2_000;

/**
 * The metrics of one process, in a registry of their own: default process metrics, build info, and what its parts add.
 * `part: 'thread'` is for a further thread of a process: what is true of the process is told by its main thread alone.
 */
export function createMetrics(
  service: string,
  opts: { version?: string; part?: 'process' | 'thread' } = {},
): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (opts.part !== 'thread') describeProcess(registry, opts.version);
  const others: (() => Promise<MetricsSnapshot>)[] = [];

  async function page(): Promise<string> {
    if (others.length === 0) return registry.metrics();
    const parts = await Promise.all([snapshot(), ...others.map((read) => read())]);
    return AggregatorRegistry.aggregate(parts.map((part) => [...part])).metrics();
  }

  async function snapshot(): Promise<MetricsSnapshot> {
    return (await registry.getMetricsAsJSON()) as MetricObject[];
  }

  return {
    registry,
    page,
    snapshot,
    include: (read) => others.push(rememberLast(read)),
    counter(options) {
      const metric = new Counter(toPromOptions(options, registry));
      const inc = withLabels(options.labels, (labels, by = 1) => metric.inc(labels, by));
      for (const labels of closedCombinations(options.labels ?? {})) metric.inc(labels, 0);
      return { inc };
    },
    gauge(options) {
      const { collect } = options;
      const metric = new Gauge({
        ...toPromOptions(options, registry),
        aggregator: options.merge ?? 'sum',
        ...(collect && { collect: () => collect(set) }),
      });
      const set = withLabels(options.labels, (labels, value = 0) => metric.set(labels, value));
      return {
        set,
        inc: withLabels(options.labels, (labels, by = 1) => metric.inc(labels, by)),
        dec: withLabels(options.labels, (labels, by = 1) => metric.dec(labels, by)),
      };
    },
    histogram(options) {
      const metric = new Histogram({ ...toPromOptions(options, registry), buckets: [...options.buckets] });
      return { observe: withLabels(options.labels, (labels, value = 0) => metric.observe(labels, value)) };
    },
  };
}

function describeProcess(registry: Registry, version = 'unknown'): void {
  collectDefaultMetrics({ register: registry, prefix: 'parapet_' });
  // Those that prom-client leaves out when it merges processes are here of one process: the only one that has them.
  for (const metric of registry.getMetricsAsArray()) {
    if (metric.aggregator === 'omit') metric.aggregator = 'first';
  }
  new Gauge({
    name: 'parapet_build_info',
    help: 'Always 1; its labels say what is running.',
    labelNames: ['version', 'node'],
    registers: [registry],
    aggregator: 'first',
  }).set({ version, node: process.versions.node }, 1);
}

function rememberLast(read: () => Promise<MetricsSnapshot>): () => Promise<MetricsSnapshot> {
  let last: MetricsSnapshot = [];
  return async () => {
    try {
      last = await raceAbort(read(), withDeadline(undefined, snapshotTimeoutMs));
    } catch {
      // Readiness tells of a thread that does not answer.
    }
    return last;
  };
}

function toPromOptions(opts: MetricOptions<LabelSets>, registry: Registry) {
  return {
    name: opts.name,
    help: opts.help,
    labelNames: Object.keys(opts.labels ?? {}),
    registers: [registry],
  };
}

type Apply = (labels: Record<string, string>, value?: number) => void;

// The public signature depends on whether there are labels; inside, both are one function of optional labels.
// biome-ignore lint/suspicious/noExplicitAny: the overload is checked at the call by Increment and Observe
function withLabels(sets: LabelSets | undefined, apply: Apply): any {
  if (sets === undefined || Object.keys(sets).length === 0) return (value?: number) => apply({}, value);
  const bound = boundLabels(sets);
  return (labels: Record<string, string | number>, value?: number) => apply(bound(labels), value);
}

/** What the types cannot promise for values that come from outside: a value that is not of the set counts as `other`. */
function boundLabels(sets: LabelSets): (labels: Record<string, string | number>) => Record<string, string> {
  const known = Object.entries(sets).map(([name, set]) => {
    const closed = isClosed(set);
    return { name, values: new Set<string>(closed ? set : []), max: closed ? 0 : set.maxValues };
  });
  return (labels) => {
    const bounded: Record<string, string> = {};
    for (const { name, values, max } of known) {
      const value = String(labels[name]);
      if (!values.has(value) && values.size < max) values.add(value);
      bounded[name] = values.has(value) ? value : 'other';
    }
    return bounded;
  };
}

function isClosed(set: LabelSets[string]): set is readonly string[] {
  return Array.isArray(set);
}

/** Every combination of closed labels, so that a counter is seen at 0 before its first increment. */
function closedCombinations(sets: LabelSets): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [name, set] of Object.entries(sets)) {
    if (!isClosed(set)) return [];
    combinations = combinations.flatMap((labels) => set.map((value) => ({ ...labels, [name]: value })));
  }
  return combinations.length > 1000 ? [] : combinations;
}
