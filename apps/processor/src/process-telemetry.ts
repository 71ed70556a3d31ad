import type { Logger, Metrics } from '@parapet/service';
import { type RuleError, ruleErrorCodes } from '@parapet/sigma';

export type ProcessTelemetry = ReturnType<typeof createProcessTelemetry>;

export interface RulesUsed {
  /** 1 for the set of the start, then one more with each that took its place. */
  readonly generation: number;
  readonly loaded: number;
  readonly files: number;
  readonly errors: readonly RuleError[];
  /** How many rules of the set before are not in this one. */
  readonly vanished: number;
  readonly ms: number;
}

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
      for (const error of rules.errors) {
        byCode[error.code] = (byCode[error.code] ?? 0) + 1;
        log.debug({ ...error }, 'A rule was refused');
      }
      for (const code of ruleErrorCodes) refused.set({ code }, byCode[code] ?? 0);
      const { errors, ...rest } = rules;
      const summary = { ...rest, refused: errors.length, byCode };
      if (rules.loaded === 0) log.warn(summary, 'No rule could be loaded: nothing will be detected');
      else log.info(summary, 'Loaded the rules');
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
