import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FsyncPolicy, LogSettings } from './log/log-settings.ts';
import { openPartitionLog, type PartitionLog } from './log/partition-log.ts';
import type { MetadataStore, StoredTopic } from './metadata-store.ts';
import { KafkaError } from './protocol/error-codes.ts';
import { parseTopicConfigs, topicLogSettings } from './topic-configs.ts';

export interface Topic {
  readonly name: string;
  /** 32 hex digits; a topic deleted and created again has another one. */
  readonly id: string;
  readonly configs: Readonly<Record<string, string>>;
  readonly maxMessageBytes: number;
  readonly partitions: readonly PartitionLog[];
}

export interface TopicRequest {
  readonly name: string;
  /** -1: the broker's default, one. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string | null>>;
}

/** The topics of the broker with their open logs. */
export interface Topics {
  all(): Topic[];
  get(name: string): Topic | undefined;
  byId(id: string): Topic | undefined;
  /** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION */
  partition(name: string, partition: number): { topic: Topic; log: PartitionLog };
  /** @throws KafkaError what the request is refused for. `validateOnly` creates nothing. */
  create(request: TopicRequest, validateOnly?: boolean): Promise<void>;
  addPartitions(name: string, total: number, validateOnly?: boolean): Promise<void>;
  delete(name: string): Promise<void>;
  applyRetention(now: number): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export async function openTopics(deps: {
  readonly dir: string;
  readonly store: MetadataStore;
  readonly defaults: LogSettings & { readonly maxMessageBytes: number };
  readonly fsync: FsyncPolicy;
  readonly maxPartitions: number;
  readonly now: () => number;
  readonly onCut: (event: { topic: string; partition: number; bytes: number }) => void;
}): Promise<Topics> {
  const { store, defaults, fsync, now } = deps;
  const byName = new Map<string, Topic>();
  const byId = new Map<string, Topic>();
  const topicDir = (id: string) => join(deps.dir, 'topics', id);
  // Creations and deletions take turns, so that two requests for one name cannot meet.
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  async function openLog(topic: Omit<StoredTopic, 'partitions'>, partition: number): Promise<PartitionLog> {
    const log = await openPartitionLog({
      dir: join(topicDir(topic.id), String(partition)),
      settings: topicLogSettings(topic.configs, defaults),
      fsync,
      now,
    });
    if (log.cutBytes > 0) deps.onCut({ topic: topic.name, partition, bytes: log.cutBytes });
    return log;
  }

  async function openTopic(stored: StoredTopic): Promise<void> {
    const partitions: PartitionLog[] = [];
    for (let partition = 0; partition < stored.partitions; partition += 1) {
      partitions.push(await openLog(stored, partition));
    }
    const { name, id, configs } = stored;
    put({ name, id, configs, partitions, ...topicLogSettings(configs, defaults) });
  }

  function put(topic: Topic): void {
    byName.set(topic.name, topic);
    byId.set(topic.id, topic);
  }

  async function removeFiles(id: string): Promise<void> {
    await rm(topicDir(id), { recursive: true, force: true });
    store.forgetDeleted(id);
  }

  function checkPartitionCount(added: number): void {
    const present = [...byName.values()].reduce((sum, topic) => sum + topic.partitions.length, 0);
    if (present + added > deps.maxPartitions) {
      throw new KafkaError(
        'INVALID_PARTITIONS',
        `The broker has ${present} partitions; ${added} more would pass its limit of ${deps.maxPartitions}.`,
      );
    }
  }

  function known(name: string): Topic {
    const topic = byName.get(name);
    if (topic === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${name}.`);
    return topic;
  }

  for (const id of store.deletedTopics()) await removeFiles(id);
  for (const stored of store.topics()) await openTopic(stored);

  return {
    all: () => [...byName.values()],
    get: (name) => byName.get(name),
    byId: (id) => byId.get(id),

    partition(name, partition) {
      const topic = known(name);
      const log = topic.partitions[partition];
      if (log === undefined) {
        throw new KafkaError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `The topic ${name} has no partition ${partition}.`,
        );
      }
      return { topic, log };
    },

    create: (request, validateOnly = false) =>
      inTurn(async () => {
        checkTopicName(request.name);
        if (byName.has(request.name)) {
          throw new KafkaError('TOPIC_ALREADY_EXISTS', `The topic ${request.name} exists already.`);
        }
        const partitions = request.partitions === -1 ? 1 : request.partitions;
        if (partitions < 1) throw new KafkaError('INVALID_PARTITIONS', 'A topic has at least one partition.');
        checkPartitionCount(partitions);
        if (request.replicationFactor !== 1 && request.replicationFactor !== -1) {
          throw new KafkaError(
            'INVALID_REPLICATION_FACTOR',
            'This broker is a single node: the replication factor is 1.',
          );
        }
        const configs = parseTopicConfigs(request.configs);
        if (validateOnly) return;
        const stored = { id: randomUUID().replaceAll('-', ''), name: request.name, partitions, configs };
        store.addTopic(stored);
        try {
          await orStorageError(`The files of topic ${request.name} cannot be made`, () => openTopic(stored));
        } catch (error) {
          store.deleteTopic(stored.id);
          await removeFiles(stored.id);
          throw error;
        }
      }),

    addPartitions: (name, total, validateOnly = false) =>
      inTurn(async () => {
        const topic = known(name);
        const added = total - topic.partitions.length;
        if (added < 1) {
          throw new KafkaError(
            'INVALID_PARTITIONS',
            `The topic ${name} has ${topic.partitions.length} partitions already.`,
          );
        }
        checkPartitionCount(added);
        if (validateOnly) return;
        const fresh: PartitionLog[] = [];
        await orStorageError(`Partitions of topic ${name} cannot be made`, async () => {
          for (let partition = topic.partitions.length; partition < total; partition += 1) {
            fresh.push(await openLog(topic, partition));
          }
        });
        store.setPartitions(topic.id, total);
        put({ ...topic, partitions: [...topic.partitions, ...fresh] });
      }),

    delete: (name) =>
      inTurn(async () => {
        const topic = known(name);
        store.deleteTopic(topic.id);
        byName.delete(name);
        byId.delete(topic.id);
        const left = `Topic ${name} is deleted, but its files could not be; the next start tries again`;
        await orStorageError(left, async () => {
          for (const log of topic.partitions) await log.close();
          await removeFiles(topic.id);
        });
      }),

    async applyRetention(time) {
      for (const topic of [...byName.values()]) {
        for (const log of topic.partitions) {
          if (byId.has(topic.id)) await log.applyRetention(time);
        }
      }
    },

    async flush() {
      for (const topic of [...byName.values()]) {
        for (const log of topic.partitions) await log.flush();
      }
    },

    close: () =>
      inTurn(async () => {
        for (const topic of byName.values()) {
          for (const log of topic.partitions) await log.close();
        }
      }),
  };
}

async function orStorageError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new KafkaError('KAFKA_STORAGE_ERROR', `${what}: ${(cause as Error).message}.`, { cause });
  }
}

function checkTopicName(name: string): void {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
    throw new KafkaError(
      'INVALID_TOPIC_EXCEPTION',
      'A topic name has 1 to 249 letters, digits, dots, underscores or hyphens, and is not "." or "..".',
    );
  }
}
