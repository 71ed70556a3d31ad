import { setTimeout as delay } from 'node:timers/promises';
import { exitCodes, messageOf } from '../command-error.ts';
import { FatalStartError, type Member, type MemberExit, type RunningMember } from './member.ts';
import { createRestartPolicy, type RestartPolicy } from './restart-policy.ts';

export type SupervisionEvent =
  | { readonly kind: 'ready'; readonly member: string; readonly tookMs: number; readonly restarted: boolean }
  | { readonly kind: 'died'; readonly member: string; readonly exit: MemberExit; readonly delayMs: number }
  | {
      readonly kind: 'start-failed';
      readonly member: string;
      readonly reason: string;
      readonly delayMs: number;
    };

export interface Supervised {
  readonly name: string;
  /** Resolves when it is ready for the first time; rejects when it never will be. */
  readonly ready: Promise<void>;
  /** Rejects when it was given up: a crash loop, or (FatalStartError) a start that cannot succeed. Never resolves otherwise. */
  readonly gaveUp: Promise<never>;
  /** Process id while it runs. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  readonly member: Member;
  onEvent(event: SupervisionEvent): void;
  readonly policy?: RestartPolicy;
}

/** Starts a member and keeps it running until `stop` or until its restarts are hopeless. */
export function supervise({ member, onEvent, policy = createRestartPolicy() }: SuperviseOptions): Supervised {
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  const gaveUp = Promise.withResolvers<never>();
  // Whoever stops the platform may never look at these.
  ready.promise.catch(() => undefined);
  gaveUp.promise.catch(() => undefined);
  let running: RunningMember | undefined;
  let starts = 0;

  const fail = (error: Error) => {
    ready.reject(error);
    gaveUp.reject(error);
  };

  async function pauseAfter(event: (delayMs: number) => SupervisionEvent, why: string): Promise<boolean> {
    const decision = policy.died(performance.now());
    if (decision.kind === 'give-up') {
      fail(
        new Error(
          `${member.name} ended ${decision.deaths} times within ${decision.windowMs / 1000} s: ${why}`,
        ),
      );
      return false;
    }
    onEvent(event(decision.delayMs));
    await delay(decision.delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    return true;
  }

  /** One life: answers whether there may be another. */
  async function live(): Promise<boolean> {
    const startedAt = performance.now();
    try {
      running = await member.launch(stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return false;
      if (error instanceof FatalStartError) {
        fail(error);
        return false;
      }
      const reason = messageOf(error);
      return pauseAfter(
        (delayMs) => ({ kind: 'start-failed', member: member.name, reason, delayMs }),
        reason,
      );
    }
    // Stopped while it was starting: stop() sees no running member and leaves it to us.
    if (stopping.signal.aborted) {
      await running.stop();
      return false;
    }
    onEvent({
      kind: 'ready',
      member: member.name,
      tookMs: performance.now() - startedAt,
      restarted: starts > 0,
    });
    starts++;
    ready.resolve();
    const exit = await running.exited;
    running = undefined;
    if (stopping.signal.aborted) return false;
    if (exit.code === exitCodes.config) {
      fail(new FatalStartError(`${member.name} refused its configuration and ended; its log tells why.`));
      return false;
    }
    return pauseAfter(
      (delayMs) => ({ kind: 'died', member: member.name, exit, delayMs }),
      `it ended with ${exit.signal ?? `code ${exit.code}`}`,
    );
  }

  const ended = (async () => {
    while (!stopping.signal.aborted && (await live()));
  })().catch((error: unknown) => fail(error instanceof Error ? error : new Error(messageOf(error))));

  return {
    name: member.name,
    ready: ready.promise,
    gaveUp: gaveUp.promise,
    pid: () => running?.pid,
    async stop() {
      stopping.abort();
      ready.reject(new Error(`${member.name} was stopped before it was ready.`));
      await running?.stop();
      await ended;
    },
  };
}
