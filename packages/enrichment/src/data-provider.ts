import type { EnrichmentKind, ProviderStatus } from './enrichment.ts';
import { type EnrichmentLog, type Knowledge, noAnswers, type Provider } from './provider.ts';
import type { ValueType } from './question.ts';
import { within } from './within.ts';

/** What a source held at one moment. */
export interface SourceContent {
  readonly bytes: Uint8Array;
  /** When the content was last changed, epoch milliseconds. */
  readonly modifiedAt: number;
  /** Different whenever the content may be different. */
  readonly version: string;
}

/** Where data comes from: a file, usually. */
export interface DataSource {
  /** What is there, or undefined when it still is the version that the caller has. Rejects when it cannot be read. */
  read(version: string | undefined): Promise<SourceContent | undefined>;
}

export interface DataProviderOptions {
  readonly name: string;
  readonly kind: EnrichmentKind;
  readonly types: readonly ValueType[];
  readonly isAllowList?: boolean;
  readonly source: DataSource;
  /** Makes sense of the content; rejects with a sentence for people when it cannot. */
  readonly parse: (
    content: SourceContent,
  ) => Promise<{ readonly knowledge: Knowledge; readonly asOf: number }>;
  /** How often the source is looked at. */
  readonly refreshMs: number;
  /** Longest time that a read may take. */
  readonly timeoutMs: number;
  /** Data older than this is used, and reported as stale. */
  readonly staleAfterMs?: number | undefined;
  readonly now: () => number;
  readonly log: EnrichmentLog;
}

/**
 * Answers from data that is read whole and held in memory. New content is parsed aside and takes over at once; content
 * that cannot be read or parsed leaves the last good data in use, says so, and is tried again later and later.
 */
export function createDataProvider(options: DataProviderOptions): Provider {
  const { name, kind, source, parse, refreshMs, timeoutMs, staleAfterMs, now, log } = options;
  let held: { readonly knowledge: Knowledge; readonly asOf: number; readonly version: string } | undefined;
  let revision = 0;
  let changesAt = Number.POSITIVE_INFINITY;
  let problem: string | undefined;
  /** One answer that could not be read stands for all of the same data. */
  let brokenAnswer: string | undefined;
  let failures = 0;
  let dueAt = 0;
  let reading: Promise<void> | undefined;
  let isClosed = false;
  const counts = { lookups: 0, errors: 0, timeouts: 0, skipped: 0, loadMs: 0 };

  const take = async (content: SourceContent): Promise<void> => {
    const start = now();
    const { knowledge, asOf } = await parse(content);
    if (isClosed) return;
    held = { knowledge, asOf, version: content.version };
    counts.loadMs = now() - start;
    revision += 1;
    changesAt = knowledge.nextChange?.(now()) ?? Number.POSITIVE_INFINITY;
    brokenAnswer = undefined;
    const { entries, rejected } = knowledge;
    log.info({ provider: name, entries, rejected, loadMs: counts.loadMs }, 'enrichment data loaded');
    const { problems = [] } = knowledge;
    if (problems.length > 0)
      log.warn(
        { notice: true, provider: name, rejected, problems },
        `The data of enrichment "${name}" has mistakes, and the rest of it is used: ${problems[0]}`,
      );
  };
  const fail = (reason: string): void => {
    failures += 1;
    // The same sentence again and again would only fill the log.
    if (problem !== reason)
      log.warn(
        { notice: true, provider: name, problem: reason, keepsLastGood: held !== undefined },
        `The data of enrichment "${name}" cannot be loaded${held === undefined ? '' : ', and what was loaded before stays in use'}: ${reason}`,
      );
    problem = reason;
    dueAt = now() + Math.min(firstRetryMs * 2 ** (failures - 1), Math.max(refreshMs, firstRetryMs));
  };
  /** The read itself; a source that hangs keeps it open, and is not asked again before it lets go. */
  const read = async (): Promise<void> => {
    try {
      const content = await source.read(held?.version);
      if (content !== undefined) await take(content);
      failures = 0;
      problem = undefined;
      dueAt = now() + refreshMs;
    } catch (error) {
      counts.errors += 1;
      fail(error instanceof Error ? error.message : String(error));
    } finally {
      reading = undefined;
    }
  };

  return {
    name,
    kind,
    types: new Set(options.types),
    isAllowList: options.isAllowList ?? false,
    revision() {
      const time = now();
      if (time >= changesAt) {
        revision += 1;
        // Asking all values again has a price: changes within a minute are seen together.
        changesAt = Math.max(held?.knowledge.nextChange?.(time) ?? Number.POSITIVE_INFINITY, time + 60_000);
      }
      return revision;
    },
    answer(question) {
      if (held === undefined) return noAnswers;
      counts.lookups += 1;
      try {
        return held.knowledge.answer(question, now());
      } catch (error) {
        counts.errors += 1;
        if (brokenAnswer === undefined) {
          brokenAnswer = error instanceof Error ? error.message : String(error);
          log.warn({ provider: name, problem: brokenAnswer }, 'enrichment data is partly broken');
        }
        return noAnswers;
      }
    },
    dependsOnDomain: (text) => held?.knowledge.dependsOnDomain?.(text) ?? false,
    needs: () => false,
    arrivals: 0,
    resolve: undefined,
    async refresh() {
      if (isClosed || now() < dueAt) return;
      if (reading !== undefined) {
        counts.skipped += 1;
        return;
      }
      reading = read();
      if ((await within(reading, timeoutMs)).kind === 'done') return;
      counts.timeouts += 1;
      fail(`Reading took longer than ${timeoutMs} ms.`);
    },
    status(): ProviderStatus {
      const isOld = held !== undefined && staleAfterMs !== undefined && now() - held.asOf > staleAfterMs;
      const state =
        held === undefined
          ? problem === undefined
            ? 'loading'
            : 'failed'
          : problem !== undefined || isOld
            ? 'stale'
            : 'ready';
      return {
        provider: name,
        kind,
        state,
        asOf: held?.asOf,
        entries: held?.knowledge.entries ?? 0,
        rejected: held?.knowledge.rejected ?? 0,
        ...counts,
        problem: problem ?? brokenAnswer ?? (isOld ? 'The data is older than staleAfterSeconds.' : undefined),
      };
    },
    close() {
      isClosed = true;
      held = undefined;
    },
  };
}

const firstRetryMs = 1_000;
