import type { BrokerState } from './api.ts';
import type { ResolvedOptions } from './broker-options.ts';
import { KafkaError } from './protocol/error-codes.ts';

/** The broker's recurring work: fsync by interval, retention, offsets of groups that are gone. */
export function startMaintenance(
  state: BrokerState,
  options: Pick<ResolvedOptions, 'fsync' | 'fsyncIntervalMs' | 'retentionCheckMs' | 'offsetsRetentionMs'>,
): () => Promise<void> {
  const { topics, groups, store, now } = state;

  function expireOffsets(): void {
    const before = now() - options.offsetsRetentionMs;
    for (const { groupId, lastCommit } of store.groups()) {
      const group = groups.get(groupId);
      if (lastCommit < before && (group?.emptySince ?? 0) < before && (group?.state ?? 'Empty') === 'Empty') {
        store.deleteGroup(groupId);
        groups.delete(groupId);
      }
    }
  }

  const stops = [
    repeat(state, options.retentionCheckMs, 'retention failed', async () => {
      await topics.applyRetention(now());
      expireOffsets();
      store.keepReserve();
    }),
  ];
  if (options.fsync === 'interval') {
    stops.push(repeat(state, options.fsyncIntervalMs, 'fsync failed', () => topics.flush()));
  }
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/** Runs `work` again and again, `ms` after its end; a failure is reported and does not end it. */
function repeat(
  state: BrokerState,
  ms: number,
  failure: string,
  work: () => Promise<void>,
): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer = setTimeout(run, ms);

  function run(): void {
    running = work()
      .catch((cause: unknown) => {
        state.reportFault(new KafkaError('KAFKA_STORAGE_ERROR', `Maintenance: ${failure}.`, { cause }));
      })
      .finally(() => {
        if (!stopped) timer = setTimeout(run, ms);
      });
  }

  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
