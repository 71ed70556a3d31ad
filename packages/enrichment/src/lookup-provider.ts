import type { Answer, EnrichmentKind, ProviderStatus } from './enrichment.ts';
import { type EnrichmentLog, noAnswers, type Provider } from './provider.ts';
import type { Question, ValueType } from './question.ts';
import { within } from './within.ts';

/** What a lookup found out about one value. */
export interface LookupAnswer {
  readonly values: Answer['values'];
  /** When the data was made or last changed, epoch milliseconds. @default the time of the lookup */
  readonly asOf?: number;
}

/**
 * A source that has to be asked: a database, a service. Texts that are missing in the result are unknown. It should
 * give up when the signal aborts; until its promise settles it holds one of `maxInFlight` places.
 */
export type Lookup = (
  type: ValueType,
  texts: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, LookupAnswer>>;

export interface LookupProviderOptions {
  readonly name: string;
  readonly kind: EnrichmentKind;
  readonly types: readonly ValueType[];
  readonly lookup: Lookup;
  /** Longest time for one request. @default 1,000 */
  readonly timeoutMs?: number;
  /** Requests at the same time. @default 4 */
  readonly maxInFlight?: number;
  /** Values of one request. @default 500 */
  readonly maxTexts?: number;
  /** How long an answer is taken for fresh. @default 300,000 */
  readonly freshMs?: number;
  /** How long "unknown" is taken for fresh. @default 60,000 */
  readonly unknownFreshMs?: number;
  /** Values remembered; the longest unused go first. @default 100,000 */
  readonly maxEntries?: number;
  readonly now: () => number;
  readonly log: EnrichmentLog;
}

interface Entry {
  readonly answers: readonly Answer[];
  readonly freshUntil: number;
}

/**
 * Answers from a cache that `resolve` fills. An answer that is no longer fresh is given until a newer one is there. After
 * a failure the source is left alone for a while, longer with each failure in a row (1 s to 1 min).
 */
export function createLookupProvider(options: LookupProviderOptions): Provider {
  const { name, kind, lookup, now, log } = options;
  const { timeoutMs = 1_000, maxInFlight = 4, maxTexts = 500, maxEntries = 100_000 } = options;
  const { freshMs = 300_000, unknownFreshMs = 60_000 } = options;
  const types = new Set(options.types);
  const cache = new Map<string, Entry>();
  const asked = new Set<string>();
  const abort = new AbortController();
  const counts = { lookups: 0, errors: 0, timeouts: 0, skipped: 0 };
  const startedAt = now();
  let arrivals = 0;
  let inFlight = 0;
  let failures = 0;
  let retryAt = 0;
  let problem: string | undefined;
  let lastAsOf: number | undefined;
  let lastMs = 0;

  const remember = (key: string, entry: Entry): void => {
    cache.delete(key);
    cache.set(key, entry);
    if (cache.size <= maxEntries) return;
    const oldest = cache.keys().next();
    if (!oldest.done) cache.delete(oldest.value);
  };

  const fail = (reason: string): void => {
    failures += 1;
    retryAt = now() + Math.min(1_000 * 2 ** (failures - 1), 60_000);
    if (problem !== reason) log.warn({ provider: name, problem: reason }, 'enrichment lookup failed');
    problem = reason;
  };

  const store = (
    type: ValueType,
    texts: readonly string[],
    found: ReadonlyMap<string, LookupAnswer>,
  ): void => {
    const time = now();
    failures = 0;
    problem = undefined;
    lastAsOf = time;
    for (const text of texts) {
      const answer = found.get(text);
      remember(keyOf(type, text), {
        answers:
          answer === undefined
            ? noAnswers
            : [{ kind, provider: name, asOf: answer.asOf ?? time, values: answer.values }],
        freshUntil: time + (answer === undefined ? unknownFreshMs : freshMs),
      });
    }
    arrivals += 1;
  };

  const request = async (type: ValueType, texts: readonly string[]): Promise<void> => {
    inFlight += 1;
    for (const text of texts) asked.add(keyOf(type, text));
    const start = now();
    const late = new AbortController();
    // An implementation may throw before it returns a promise.
    const answer = (async () => lookup(type, texts, AbortSignal.any([abort.signal, late.signal])))();
    const settled = answer
      .then(
        (found) => {
          if (!late.signal.aborted && !abort.signal.aborted) store(type, texts, found);
        },
        (error: unknown) => {
          if (late.signal.aborted || abort.signal.aborted) return;
          counts.errors += 1;
          fail(error instanceof Error ? error.message : String(error));
        },
      )
      .finally(() => {
        inFlight -= 1;
        for (const text of texts) asked.delete(keyOf(type, text));
      });
    if ((await within(settled, timeoutMs)).kind === 'late') {
      late.abort();
      counts.timeouts += 1;
      fail(`No answer within ${timeoutMs} ms.`);
    }
    lastMs = now() - start;
  };

  const isWanted = ({ type, text }: Question): boolean => {
    const key = keyOf(type, text);
    return (cache.get(key)?.freshUntil ?? 0) <= now() && !asked.has(key);
  };

  return {
    name,
    kind,
    types,
    isAllowList: false,
    // Answers are looked at again when the first of them may have become old.
    revision: () => Math.floor((now() - startedAt) / freshMs),
    answer({ type, text }) {
      const key = keyOf(type, text);
      const entry = cache.get(key);
      counts.lookups += 1;
      if (entry === undefined) return noAnswers;
      remember(key, entry);
      return entry.answers;
    },
    dependsOnDomain: () => false,
    needs: ({ type, text }) => (cache.get(keyOf(type, text))?.freshUntil ?? 0) <= now(),
    get arrivals() {
      return arrivals;
    },
    async resolve(questions) {
      const work: Promise<void>[] = [];
      for (const type of types) {
        const texts = [
          ...new Set(
            questions
              .filter((question) => question.type === type && isWanted(question))
              .map(({ text }) => text),
          ),
        ];
        for (let start = 0; start < texts.length; start += maxTexts) {
          const some = texts.slice(start, start + maxTexts);
          if (inFlight < maxInFlight && now() >= retryAt && !abort.signal.aborted)
            work.push(request(type, some));
          else counts.skipped += some.length;
        }
      }
      await Promise.all(work);
    },
    refresh: async () => undefined,
    status(): ProviderStatus {
      const state = problem === undefined ? 'ready' : cache.size > 0 ? 'stale' : 'failed';
      return {
        provider: name,
        kind,
        state,
        asOf: lastAsOf,
        entries: cache.size,
        rejected: 0,
        loadMs: lastMs,
        ...counts,
        problem,
      };
    },
    close() {
      abort.abort();
      cache.clear();
    },
  };
}

function keyOf(type: ValueType, text: string): string {
  return `${type}\n${text}`;
}
