import { type LakeLog, type LakeRow, type LakeWriter, openLakeWriter } from '@parapet/lake';

/** A place in the lake: a partition of a topic, by the topic's Kafka id. */
export interface LakePlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

export interface LakeWriters {
  /** Durable on return. Opens the partition's writer when it is first needed. */
  append(place: LakePlace, rows: readonly LakeRow[]): Promise<void>;
  /** Lets go of partitions that another worker owns now. */
  release(places: readonly Pick<LakePlace, 'topic' | 'partition'>[]): Promise<void>;
  /** The partitions with an open writer. */
  open(): LakePlace[];
  close(): Promise<void>;
}

/** The lake writers of the partitions that one worker owns. */
export function createLakeWriters({
  dir,
  log,
}: {
  readonly dir: string;
  readonly log: LakeLog;
}): LakeWriters {
  const writers = new Map<string, { place: LakePlace; opening: Promise<LakeWriter> }>();

  function writerOf({ topic, topicId, partition }: LakePlace): Promise<LakeWriter> {
    const key = `${topicId}/${partition}`;
    const known = writers.get(key);
    if (known) return known.opening;
    const opening = openLakeWriter({ dir, topicId, partition, log });
    writers.set(key, { place: { topic, topicId, partition }, opening });
    // Not remembered when it failed, so that the batch's next attempt opens it anew.
    opening.catch(() => writers.delete(key));
    return opening;
  }

  async function closeThose(chosen: (place: LakePlace) => boolean): Promise<void> {
    const closing = [...writers].filter(([, { place }]) => chosen(place));
    for (const [key] of closing) writers.delete(key);
    await Promise.all(
      closing.map(async ([, { opening }]) => (await opening.catch(() => undefined))?.close()),
    );
  }

  return {
    async append(place, rows) {
      if (rows.length > 0) await (await writerOf(place)).append(rows);
    },
    release: (places) =>
      closeThose((open) =>
        places.some(({ topic, partition }) => topic === open.topic && partition === open.partition),
      ),
    open: () => [...writers.values()].map(({ place }) => place),
    close: () => closeThose(() => true),
  };
}
