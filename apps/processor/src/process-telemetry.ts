import type { Logger, Metrics } from '@parapet/service';
import { type RuleError, ruleErrorCodes } from '@parapet/sigma';
import { describeProblem, toProblemKey } from './rule-problem.ts';

export type ProcessTelemetry = ReturnType<typeof createProcessTelemetry>;

export interface RulesUsed {
  /** 1 for the set of the start, then one more with each that took its place. */
  readonly generation: number;
  readonly loaded: number;
  readonly files: number;
  readonly errors: readonly RuleError[];
  /** How many rules of this set the one before had not. */
  readonly added: number;
  /** Titles of the rules of the set before that are not in this one. */
  readonly removed: readonly string[];
  readonly ms: number;
}

/** Marks a log line that people should see at once, though it is no error: the supervisor shows it on its console. */
const notice = true;
/** So many refused or removed rules are named each time; the others are counted. */
const maxNamed = 5;

/** What the processor tells about that which happens once, however many workers it has. */
export function createProcessTelemetry({
  metrics,
  log,
}: {
  readonly metrics: Metrics;
  readonly log: Logger;
}) {
  const generationInUse = metrics.gauge({
    name: 'parapet_rules_generation',
    help: 'Number of the set of rules in use: 1 at the start, one more with each reload.',
  });
  const loaded = metrics.gauge({ name: 'parapet_rules_loaded', help: 'Sigma rules in use.' });
  const refused = metrics.gauge({
    name: 'parapet_rules_refused',
    help: 'Sigma rules of the set in use that could not be used, by reason.',
    labels: { code: ruleErrorCodes },
  });
  const failures = metrics.counter({
    name: 'parapet_rules_reload_failures_total',
    help: 'Changes of the rules that were not taken over because the new set is broken.',
  });
  const workersRunning = metrics.gauge({
    name: 'parapet_workers',
    help: 'Worker threads, or 1 without any.',
  });
  const compacted = metrics.counter({
    name: 'parapet_lake_files_compacted_total',
    help: 'Lake files that were merged into larger ones.',
  });

  let known: ReadonlySet<string> = new Set();

  /** A refused rule is told once while it stays the same. */
  function tellRefused(errors: readonly RuleError[]): void {
    const before = known;
    known = new Set(errors.map(toProblemKey));
    const fresh = errors.filter((error) => !before.has(toProblemKey(error)));
    // Correlations are refused whatever is in them: the faults that somebody can correct come first.
    const rank = ({ code }: RuleError) => (code === 'unsupported_correlation' ? 1 : 0);
    const sorted = fresh.toSorted((a, b) => rank(a) - rank(b));
    for (const error of sorted.slice(0, maxNamed)) {
      const { path, line, column, code, ruleId } = error;
      log.warn({ notice, path, line, column, code, ruleId }, `A rule is refused: ${describeProblem(error)}`);
    }
    for (const error of sorted.slice(maxNamed)) log.debug({ ...error }, 'A rule is refused');
    const rest = sorted.length - maxNamed;
    if (rest > 0)
      log.warn({ notice }, `${rest} more are refused; \`rules check\` on the folder lists them all`);
  }

  function tellLoaded({ errors, removed, ...rest }: RulesUsed, byCode: Record<string, number>): void {
    const summary = { ...rest, removed: removed.length, refused: errors.length, byCode };
    const changes = `${rest.loaded} in use, +${rest.added} -${removed.length}`;
    if (rest.loaded === 0) log.warn(summary, 'No rule could be loaded: nothing will be detected');
    else if (rest.generation === 1) log.info(summary, 'Loaded the rules');
    else log.info({ ...summary, notice }, `Rules changed: ${changes}`);
    if (removed.length === 0) return;
    const more = removed.length > maxNamed ? ` and ${removed.length - maxNamed} more` : '';
    log.info({ notice }, `Rules no longer in use: ${removed.slice(0, maxNamed).join(', ')}${more}`);
  }

  return {
    workersStarted(workers: {
      readonly count: number;
      readonly wanted: number;
      readonly partitions: number;
    }) {
      workersRunning.set(workers.count);
      if (workers.count < workers.wanted)
        log.warn(
          workers,
          'There are fewer partitions of raw events than workers, so only as many workers are started; add partitions to the topic and start again to use more cores',
        );
    },
    rulesUsed(rules: RulesUsed): void {
      generationInUse.set(rules.generation);
      loaded.set(rules.loaded);
      const byCode: Record<string, number> = {};
      for (const { code } of rules.errors) byCode[code] = (byCode[code] ?? 0) + 1;
      for (const code of ruleErrorCodes) refused.set({ code }, byCode[code] ?? 0);
      tellRefused(rules.errors);
      tellLoaded(rules, byCode);
    },
    rulesKept(reason: string): void {
      failures.inc();
      log.error(`The changed rules are not used; the set loaded before stays in use. ${reason}`);
    },
    compacted(files: number): void {
      compacted.inc(files);
      if (files > 0) log.debug({ files }, 'Compacted lake files');
    },
  };
}
