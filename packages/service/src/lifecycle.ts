import { ConfigError } from './config.ts';
import { raceAbort } from './deadline.ts';
import { exitCodes } from './exit-codes.ts';
import type { Logger } from './logger.ts';

/** In the order they run: take nothing new in, finish what was taken, make it durable, let go of what was held. */
export const stopPhases = ['intake', 'drain', 'commit', 'close'] as const;
export type StopPhase = (typeof stopPhases)[number];

export interface Lifecycle {
  /** Registers a step of the graceful stop. Within a phase, steps run one after the other, the last registered first. */
  onStop(phase: StopPhase, name: string, stop: (deadline: AbortSignal) => Promise<void> | void): void;
  /** Registers a readiness check: one that throws or takes over 2 s makes the process not ready. */
  addCheck(name: string, check: () => Promise<void> | void): void;
  /**
   * Reports a fault that this process cannot go on with: it is logged, everything is stopped in order, the exit code is 1,
   * or 78 for a ConfigError.
   */
  fail(error: unknown): void;
  /** Aborted when stopping begins. */
  readonly signal: AbortSignal;
}

export interface LifecycleControl extends Lifecycle {
  /** Stops once, however often called; resolves with the exit code. */
  stop(reason: string): Promise<number>;
  /** Resolves with the exit code when stopping has ended. */
  readonly stopped: Promise<number>;
  /** Names of the readiness checks that fail now. */
  failingChecks(): Promise<string[]>;
}

/** The share of the whole deadline at which each phase must have ended; time that a phase leaves over serves the next ones. */
const phaseEnds: Readonly<Record<StopPhase, number>> = { intake: 0.2, drain: 0.6, commit: 0.8, close: 1 };
/** A step that comes after one that used up its phase still gets this long. */
const leastStepMs = 100;
const checkTimeoutMs = 2000;

interface StopStep {
  readonly phase: StopPhase;
  readonly name: string;
  readonly stop: (deadline: AbortSignal) => Promise<void> | void;
}

export function createLifecycle(opts: { log: Logger; deadlineMs: number }): LifecycleControl {
  const { log, deadlineMs } = opts;
  const steps: StopStep[] = [];
  const checks = new Map<string, () => Promise<void> | void>();
  const stopping = new AbortController();
  const { promise: stopped, resolve } = Promise.withResolvers<number>();
  let exitCode: number = exitCodes.ok;
  let running: StopPhase | 'none' = 'none';
  let probe: Promise<string[]> | undefined;

  async function runPhases(): Promise<void> {
    const startedAt = performance.now();
    for (const phase of stopPhases) {
      running = phase;
      const endsAt = startedAt + deadlineMs * phaseEnds[phase];
      // A step may register further ones (a start that was still under way): look again until there are none left.
      for (let step = takeLast(steps, phase); step; step = takeLast(steps, phase)) {
        if (!(await runStep(step, Math.max(leastStepMs, endsAt - performance.now()), log)))
          exitCode ||= exitCodes.crash;
      }
    }
  }

  function stop(reason: string): Promise<number> {
    if (stopping.signal.aborted) return stopped;
    log.info({ reason }, 'stopping');
    stopping.abort(new Error(`Stopping because of ${reason}.`));
    void runPhases().then(() => resolve(exitCode));
    return stopped;
  }

  return {
    signal: stopping.signal,
    stopped,
    onStop(phase, name, stop) {
      // What comes too late for its phase runs with the phase that is under way, so that nothing is left open.
      const late = running !== 'none' && stopPhases.indexOf(phase) < stopPhases.indexOf(running);
      steps.push({ phase: late ? (running as StopPhase) : phase, name, stop });
    },
    addCheck(name, check) {
      if (checks.has(name)) throw new Error(`There is a readiness check named "${name}" already.`);
      checks.set(name, check);
    },
    fail(error) {
      exitCode = error instanceof ConfigError ? exitCodes.config : exitCodes.crash;
      log.fatal({ err: error }, 'this process cannot go on');
      void stop('a fault');
    },
    stop,
    failingChecks() {
      // Probes that come while one is under way share its answer, so that they cannot pile up on a slow dependency.
      probe ??= findFailing(checks, log).finally(() => {
        probe = undefined;
      });
      return probe;
    },
  };
}

function takeLast(steps: StopStep[], phase: StopPhase): StopStep | undefined {
  const index = steps.findLastIndex((step) => step.phase === phase);
  return index < 0 ? undefined : steps.splice(index, 1)[0];
}

async function runStep(step: StopStep, ms: number, log: Logger): Promise<boolean> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new Error(`Not done within ${Math.round(ms)} ms.`)), ms);
  const startedAt = performance.now();
  const fields = { phase: step.phase, step: step.name };
  try {
    await raceAbort((async () => step.stop(deadline.signal))(), deadline.signal);
    log.info({ ...fields, ms: Math.round(performance.now() - startedAt) }, 'stopped');
    return true;
  } catch (error) {
    const message = deadline.signal.aborted
      ? 'abandoned a step of the stop at its deadline'
      : 'a step of the stop failed';
    log.error({ ...fields, err: error }, message);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function findFailing(
  checks: ReadonlyMap<string, () => Promise<void> | void>,
  log: Logger,
): Promise<string[]> {
  const results = await Promise.all(
    [...checks].map(async ([name, check]) => {
      const late = new AbortController();
      const timer = setTimeout(
        () => late.abort(new Error(`No answer within ${checkTimeoutMs} ms.`)),
        checkTimeoutMs,
      );
      try {
        await raceAbort((async () => check())(), late.signal);
        return [];
      } catch (error) {
        log.debug({ check: name, err: error }, 'a readiness check fails');
        return [name];
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return results.flat();
}
