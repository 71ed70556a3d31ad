import { setTimeout as sleep } from 'node:timers/promises';
import type { PrismaClient } from '@parapet/database';
import { topics } from '@parapet/event-model';
import type { Producer } from '@parapet/kafka';
import type { Logger } from '@parapet/service';
import { publisherLock, type UnnumberedChange } from './outbox.ts';
import type { ThreatsTelemetry } from './telemetry.ts';

export interface AlertPublisher {
  /** Something was committed: publish now. */
  wake(): void;
  /** Publishes what is committed by now, then ends. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface AlertPublisherOptions {
  readonly prisma: PrismaClient;
  readonly producer: Pick<Producer, 'send'>;
  readonly tellPending: () => Promise<number>;
  readonly log: Logger;
  readonly telemetry: ThreatsTelemetry;
  /** How often to look without being woken: for changes of other processes, and for updates that waited. @default 1000 */
  readonly pollMs?: number;
  /** How long published changes are kept. @default one hour */
  readonly keepMs?: number;
  /** How often published changes are deleted. @default one minute */
  readonly pruneEveryMs?: number;
}

const batchSize = 500;
const pruneBatch = 5000;

/**
 * Publishes the outbox to `parapet.alerts` in order of sequence. However many processes do this, one publishes at a time. When it
 * ends between sending and marking, the same changes are sent again with the same sequence, and readers drop them.
 */
export function createAlertPublisher(opts: AlertPublisherOptions): AlertPublisher {
  const { prisma, producer, log, telemetry, pollMs = 1000, keepMs = 3_600_000, pruneEveryMs = 60_000 } = opts;
  const stopping = new AbortController();
  let wakeUp: (() => void) | undefined;
  let woken = false;
  let prunedAt = performance.now();

  async function publishBatch(): Promise<number> {
    return prisma.$transaction(
      async (tx) => {
        await tx.$executeRaw`SELECT set_config('lock_timeout', '5s', true), pg_advisory_xact_lock(${publisherLock}::bigint)`;
        const rows = await tx.$queryRaw<{ sequence: bigint; alert_id: string; message: UnnumberedChange }[]>`
          SELECT sequence, alert_id, message FROM alert_changes
          WHERE published_at IS NULL ORDER BY sequence LIMIT ${batchSize}`;
        if (rows.length === 0) return 0;
        await producer.send(
          topics.alerts.name,
          rows.map(({ sequence, alert_id, message }) => ({
            key: alert_id,
            value: JSON.stringify({ ...message, sequence: Number(sequence) }),
          })),
        );
        await tx.$executeRaw`
          UPDATE alert_changes SET published_at = now() WHERE sequence = ANY(${rows.map((row) => row.sequence)}::bigint[])`;
        const at = Date.now();
        for (const { message } of rows) telemetry.changePublished(message, at);
        return rows.length;
      },
      { maxWait: 10_000, timeout: 60_000 },
    );
  }

  async function publishAll(): Promise<void> {
    while ((await publishBatch()) === batchSize);
  }

  async function prune(): Promise<void> {
    if (performance.now() - prunedAt < pruneEveryMs) return;
    prunedAt = performance.now();
    await prisma.$executeRaw`
      DELETE FROM alert_changes WHERE sequence IN (
        SELECT sequence FROM alert_changes
        WHERE published_at < now() - ${keepMs / 1000}::double precision * interval '1 second'
        ORDER BY published_at LIMIT ${pruneBatch})`;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        // What is committed comes first: it is what somebody waits for.
        await publishAll();
        if ((await opts.tellPending()) > 0) await publishAll();
        await prune();
        failures = 0;
      } catch (error) {
        failures += 1;
        log.warn({ err: error, failures }, 'alert changes could not be published; trying again');
      }
      await pause(failures === 0 ? pollMs : Math.min(10_000, 100 * 2 ** failures), failures === 0);
    }
  }

  /** A wake-up that came while work was under way is not lost; after a failure it does not cut the pause short. */
  async function pause(ms: number, wakeable: boolean): Promise<void> {
    const waking = new AbortController();
    wakeUp = () => waking.abort();
    if (woken && wakeable) waking.abort();
    const signal = AbortSignal.any(wakeable ? [waking.signal, stopping.signal] : [stopping.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    wakeUp = undefined;
    woken = false;
  }

  const running = run();
  return {
    wake() {
      woken = true;
      wakeUp?.();
    },
    async stop(deadline) {
      stopping.abort();
      await running;
      if (!deadline.aborted) await publishAll();
    },
  };
}
