import { ConfigError } from '@parapet/service';
import type { RuleError } from '@parapet/sigma';
import type { RuleInUse, RuleSource } from './create-analyser.ts';
import type { DetectorWorker, PreparedRules } from './detector-worker.ts';
import type { ProcessTelemetry } from './process-telemetry.ts';
import type { LoadedRules, RuleFiles } from './rule-files.ts';
import { describeProblem, toProblemKey } from './rule-problem.ts';

/** A set of rules as the workers compiled it, with everything that was refused on the way. */
export interface RuleState {
  readonly rules: readonly RuleInUse[];
  readonly errors: readonly RuleError[];
  /** The files that hold no rule. */
  readonly withoutRules: readonly string[];
}

/**
 * - `unchanged`: the files are as they were when they were last read
 * - `changing`: they are being written; look again soon
 * - `used`: a new set is in use
 * - `kept`: the new set is broken; the one before stays in use
 */
export type ReloadOutcome = 'unchanged' | 'changing' | 'used' | 'kept';

export interface RuleReloader {
  /** Loads the first set. Whatever it holds is used. @throws when the files cannot be read. */
  start(): Promise<void>;
  /** Looks whether the files changed, and takes the new set over if so. Never throws. */
  look(): Promise<ReloadOutcome>;
  /** The next look reads the files even if they look the same. */
  force(): void;
  /** The folders that were last looked into. */
  folders(): readonly string[];
}

export interface RuleReloaderDeps {
  readonly files: RuleFiles;
  readonly workers: readonly Pick<DetectorWorker, 'prepare' | 'swap' | 'discard'>[];
  readonly telemetry: Pick<ProcessTelemetry, 'rulesUsed' | 'rulesKept'>;
  readonly publish: (rules: readonly RuleInUse[]) => void;
  /** Waits between two looks that must agree before the files count as written. */
  readonly settle: () => Promise<void>;
  /** Aborted when the process stops: a set that is not in use yet will not be. */
  readonly stopping: AbortSignal;
}

export function createRuleReloader(deps: RuleReloaderDeps): RuleReloader {
  const { files, workers, telemetry, publish, settle, stopping } = deps;
  let inUse: RuleState | undefined;
  let generation = 0;
  let seen = '';
  let forced = false;
  let folders: readonly string[] = [];
  let lastProblem = '';
  let looking: Promise<unknown> = Promise.resolve();

  async function lookAt(): Promise<string> {
    const state = await files.look();
    folders = state.folders;
    return state.digest;
  }

  /** What the files hold; undefined when they do not look the same before and after they are read. */
  async function loadSettled(digest: string): Promise<LoadedRules | undefined> {
    const [loading] = await Promise.allSettled([files.load()]);
    if ((await lookAt()) !== digest) return undefined;
    seen = digest;
    if (loading.status === 'rejected') throw loading.reason;
    return loading.value;
  }

  async function lookNow(): Promise<ReloadOutcome> {
    try {
      const digest = await lookAt();
      if (digest === seen && !forced) {
        lastProblem = '';
        return 'unchanged';
      }
      await settle();
      if ((await lookAt()) !== digest) return 'changing';
      const loaded = await loadSettled(digest);
      if (loaded === undefined) return 'changing';
      forced = false;
      lastProblem = '';
      return await take(loaded);
    } catch (error) {
      forced = false;
      return keep(reasonOf(error));
    }
  }

  /** A problem that lasts is told once. */
  function keep(problem: string): ReloadOutcome {
    if (problem !== lastProblem && !stopping.aborted) telemetry.rulesKept(problem);
    lastProblem = problem;
    return 'kept';
  }

  async function take(loaded: LoadedRules): Promise<ReloadOutcome> {
    const startedAt = performance.now();
    const source = sourceOf(loaded);
    let next: RuleState | undefined;
    try {
      // One after the other: compiling takes a worker's thread, and the others go on meanwhile.
      for (const worker of workers) {
        const prepared = await worker.prepare(source);
        stopping.throwIfAborted();
        if (next !== undefined) continue;
        next = toState(loaded, prepared);
        const problem = inUse && brokenBecause(inUse, next);
        if (problem !== undefined) throw new Error(problem);
      }
    } catch (error) {
      await Promise.allSettled(workers.map((worker) => worker.discard()));
      throw error;
    }
    await Promise.all(workers.map((worker) => worker.swap()));
    adopt(next ?? toState(loaded, noRules), { files: loaded.files, ms: performance.now() - startedAt });
    return 'used';
  }

  function adopt(
    next: RuleState,
    { files: count, ms }: { readonly files: number; readonly ms: number },
  ): void {
    const before = inUse?.rules ?? [];
    const added = missingFrom(before, next.rules).length;
    const removed = missingFrom(next.rules, before).map(({ snapshot }) => snapshot.title);
    inUse = next;
    generation += 1;
    telemetry.rulesUsed({
      generation,
      loaded: next.rules.length,
      files: count,
      errors: next.errors,
      added,
      removed,
      ms: Math.round(ms),
    });
    publish(next.rules);
  }

  return {
    async start() {
      const digest = await lookAt();
      const loaded = await files.load();
      seen = digest;
      const startedAt = performance.now();
      const source = sourceOf(loaded);
      const prepared = await Promise.all(workers.map((worker) => worker.prepare(source)));
      await Promise.all(workers.map((worker) => worker.swap()));
      const [first = noRules] = prepared;
      adopt(toState(loaded, first), { files: loaded.files, ms: performance.now() - startedAt });
    },
    look() {
      const next = looking.then(lookNow);
      looking = next;
      return next;
    },
    force() {
      forced = true;
    },
    folders: () => folders,
  };
}

/** While it runs nothing has to be said of the configuration as a whole. */
function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join(' ');
  return error instanceof Error ? error.message : String(error);
}

const sourceOf = ({ rules, filters, placeholders }: LoadedRules): RuleSource => ({
  rules,
  filters,
  placeholders,
});

const noRules: PreparedRules = { rules: [], errors: [] };

const toState = ({ errors, withoutRules }: LoadedRules, prepared: PreparedRules): RuleState => ({
  rules: prepared.rules,
  errors: [...errors, ...prepared.errors],
  withoutRules,
});

/** Those of `wanted` that `rules` has not. */
function missingFrom(rules: readonly RuleInUse[], wanted: readonly RuleInUse[]): RuleInUse[] {
  const ids = new Set(rules.map(({ snapshot }) => snapshot.id));
  return wanted.filter(({ snapshot }) => !ids.has(snapshot.id));
}

/**
 * Why the new set must not take the place of the one in use; undefined when it may. A rule that works is never traded for
 * an error: no rule in use may be missing where its file has a fault that is about it or that was not there before, where another
 * file has a new fault about it (it was moved and broken), or where its file is there and holds no rule any more. A new file that is
 * refused harms nobody, and a rule whose file is gone was meant to go, but not all of them at once.
 */
export function brokenBecause(before: RuleState, next: RuleState): string | undefined {
  if (next.rules.length === 0 && before.rules.length > 0)
    return `The new set holds no rule that can be used, where ${before.rules.length} are in use. Correct RULES_DIRS or the files there.`;
  const lost = missingFrom(next.rules, before.rules);
  const lostIds = new Set(lost.map(({ snapshot }) => snapshot.id));
  const lostFrom = new Set(lost.flatMap(({ path }) => path ?? []));
  const known = new Set(before.errors.map(toProblemKey));
  const [first, ...others] = next.errors.filter((error) => {
    const { path, ruleId } = error;
    const isAboutIt = ruleId !== undefined && lostIds.has(ruleId);
    const isNew = !known.has(toProblemKey(error));
    if (path === undefined) return false;
    return lostFrom.has(path) ? isAboutIt || isNew : isAboutIt && isNew;
  });
  if (first === undefined) return emptiedBecause(lost, next);
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `A rule in use was broken: ${describeProblem(first)}${more} Correct the file; it is read again when it changes.`;
}

function emptiedBecause(lost: readonly RuleInUse[], next: RuleState): string | undefined {
  const empty = new Set(next.withoutRules);
  const [first, ...others] = lost.filter(({ path }) => path !== undefined && empty.has(path));
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `A rule in use was broken: ${first.path} holds no rule any more, where "${first.snapshot.title}" was${more}. Put it back; to do without the rule, delete the file.`;
}
