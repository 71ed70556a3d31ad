import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FsyncPolicy } from './log/log-settings.ts';
import { KafkaError } from './protocol/error-codes.ts';

export interface StoredTopic {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  /** Settings given when it was created, e.g. `retention.ms`. */
  readonly configs: Readonly<Record<string, string>>;
}

export interface CommittedOffset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

/**
 * Everything the broker keeps besides record batches: topics, committed offsets, producer ids. A small SQLite database
 * whose commits survive a kill of the process, and whose file lock, which the system drops when its holder dies, makes
 * sure that a folder has one broker. A write that fails throws KafkaError KAFKA_STORAGE_ERROR and changes nothing.
 */
export interface MetadataStore {
  readonly clusterId: string;
  topics(): StoredTopic[];
  addTopic(topic: StoredTopic): void;
  setPartitions(topicId: string, partitions: number): void;
  /** Forgets the topic and its offsets; its files are listed in `deletedTopics` until `forgetDeleted`. */
  deleteTopic(topicId: string): void;
  deletedTopics(): string[];
  forgetDeleted(topicId: string): void;
  /** All of them or, on an error, none. */
  commitOffsets(
    groupId: string,
    now: number,
    offsets: readonly (CommittedOffset & { readonly topicId: string; readonly partition: number })[],
  ): void;
  offset(groupId: string, topicId: string, partition: number): CommittedOffset | undefined;
  offsets(groupId: string): (CommittedOffset & { readonly topicId: string; readonly partition: number })[];
  /** Ids of groups that have committed offsets, with the time of their last commit. */
  groups(): { readonly groupId: string; readonly lastCommit: number }[];
  deleteGroup(groupId: string): void;
  nextProducerId(): bigint;
  /** Sets disk space aside, if there is any, that a deletion on a full disk may use. */
  keepReserve(): void;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS topics (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, configs TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS deleted_topics (id TEXT PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS offsets (
    group_id TEXT NOT NULL, topic_id TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    leader_epoch INTEGER NOT NULL, metadata TEXT, committed_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, topic_id, partition)) STRICT, WITHOUT ROWID;
`;
const formatVersion = 1;
const synchronous: Record<FsyncPolicy, string> = { never: 'OFF', interval: 'NORMAL', always: 'FULL' };

/** @throws when another process has the folder, or when the database is of a newer version or damaged. */
export function openMetadataStore(dir: string, fsync: FsyncPolicy): MetadataStore {
  const db = openLocked(dir);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous[fsync]};`);
  db.exec(schema);

  const reserve = createReserve(join(dir, 'broker.reserve'));
  reserve.keep();

  const sql = {
    findSetting: db.prepare('SELECT value FROM settings WHERE key = ?'),
    set: db.prepare(
      'INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ),
    topics: db.prepare('SELECT id, name, partitions, configs FROM topics ORDER BY name'),
    addTopic: db.prepare('INSERT INTO topics VALUES (?, ?, ?, ?)'),
    setPartitions: db.prepare('UPDATE topics SET partitions = ? WHERE id = ?'),
    deleteTopic: db.prepare('DELETE FROM topics WHERE id = ?'),
    deleteTopicOffsets: db.prepare('DELETE FROM offsets WHERE topic_id = ?'),
    addDeleted: db.prepare('INSERT OR IGNORE INTO deleted_topics VALUES (?)'),
    deleted: db.prepare('SELECT id FROM deleted_topics'),
    forgetDeleted: db.prepare('DELETE FROM deleted_topics WHERE id = ?'),
    commit: db.prepare('INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?, ?, ?, ?)'),
    offset: db.prepare(
      'SELECT "offset", leader_epoch, metadata FROM offsets WHERE group_id = ? AND topic_id = ? AND partition = ?',
    ),
    offsets: db.prepare(
      'SELECT topic_id, partition, "offset", leader_epoch, metadata FROM offsets WHERE group_id = ? ORDER BY topic_id, partition',
    ),
    groups: db.prepare('SELECT group_id, max(committed_at) AS last_commit FROM offsets GROUP BY group_id'),
    deleteGroup: db.prepare('DELETE FROM offsets WHERE group_id = ?'),
  };

  function transaction<T>(work: () => T): T {
    try {
      db.exec('BEGIN IMMEDIATE');
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (cause) {
      // A full disk may have ended the transaction already.
      if (db.isTransaction) db.exec('ROLLBACK');
      const reason = (cause as Error).message;
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `The broker's metadata in ${dir} could not be written: ${reason}.`,
        {
          cause,
        },
      );
    }
  }

  /** A deletion must be possible on a full disk, since it is what makes room: then the reserve is given up for it. */
  function deletion(work: () => void): void {
    try {
      transaction(work);
    } catch {
      reserve.giveUp();
      transaction(work);
    }
  }

  function setting(key: string, initial: () => string): string {
    const { value } = sql.findSetting.get(key) ?? {};
    if (value !== undefined) return String(value);
    const fresh = initial();
    sql.set.run(key, fresh);
    return fresh;
  }

  const version = Number(setting('format_version', () => String(formatVersion)));
  if (version !== formatVersion) {
    db.close();
    throw new Error(
      `The broker's data in ${dir} has format ${version}, but this broker reads format ${formatVersion}.`,
    );
  }

  return {
    clusterId: setting('cluster_id', () => randomBytes(16).toString('base64url')),
    topics: () =>
      sql.topics.all().map(({ id, name, partitions, configs }) => ({
        id: String(id),
        name: String(name),
        partitions: Number(partitions),
        configs: JSON.parse(String(configs)) as Record<string, string>,
      })),
    addTopic: ({ id, name, partitions, configs }) =>
      transaction(() => {
        sql.addTopic.run(id, name, partitions, JSON.stringify(configs));
      }),
    setPartitions: (topicId, partitions) =>
      transaction(() => {
        sql.setPartitions.run(partitions, topicId);
      }),
    deleteTopic: (topicId) =>
      deletion(() => {
        sql.deleteTopic.run(topicId);
        sql.deleteTopicOffsets.run(topicId);
        sql.addDeleted.run(topicId);
      }),
    deletedTopics: () => sql.deleted.all().map(({ id }) => String(id)),
    forgetDeleted: (topicId) =>
      deletion(() => {
        sql.forgetDeleted.run(topicId);
      }),
    commitOffsets: (groupId, now, offsets) =>
      transaction(() => {
        for (const { topicId, partition, offset, leaderEpoch, metadata } of offsets) {
          sql.commit.run(groupId, topicId, partition, offset, leaderEpoch, metadata, now);
        }
      }),
    offset: (groupId, topicId, partition) => {
      const row = sql.offset.get(groupId, topicId, partition);
      return row && toCommittedOffset(row);
    },
    offsets: (groupId) =>
      sql.offsets.all(groupId).map(({ topic_id, partition, ...row }) => ({
        topicId: String(topic_id),
        partition: Number(partition),
        ...toCommittedOffset(row),
      })),
    groups: () =>
      sql.groups.all().map(({ group_id, last_commit }) => ({
        groupId: String(group_id),
        lastCommit: Number(last_commit),
      })),
    deleteGroup: (groupId) =>
      deletion(() => {
        sql.deleteGroup.run(groupId);
      }),
    nextProducerId: () =>
      transaction(() => {
        const id = BigInt(setting('next_producer_id', () => '0'));
        sql.set.run('next_producer_id', String(id + 1n));
        return id;
      }),
    keepReserve: reserve.keep,
    close: () => db.close(),
  };
}

function toCommittedOffset({ offset, leader_epoch, metadata }: Record<string, unknown>): CommittedOffset {
  return {
    offset: Number(offset),
    leaderEpoch: Number(leader_epoch),
    metadata: metadata === null ? null : String(metadata),
  };
}

/** A file that only takes up room. */
function createReserve(path: string): { keep(): void; giveUp(): void } {
  const bytes = 256 * 1024;
  return {
    keep() {
      try {
        if (!existsSync(path)) writeFileSync(path, Buffer.alloc(bytes));
      } catch {
        // No room now: the part that was written is no reserve.
        rmSync(path, { force: true });
      }
    },
    giveUp: () => rmSync(path, { force: true }),
  };
}

/** Opens the database and takes its lock for as long as the process lives. */
function openLocked(dir: string): DatabaseSync {
  const pidPath = join(dir, 'broker.pid');
  const db = new DatabaseSync(join(dir, 'broker.db'));
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;');
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== 5) {
      throw new Error(`The broker's database in ${dir} cannot be opened: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    throw new Error(
      `Another broker (process ${readPid(pidPath)}) uses the folder ${dir}. Stop it, or give this one another folder.`,
      { cause: error },
    );
  }
  // For the message above only; the lock is the database's.
  writeFileSync(pidPath, String(process.pid));
  return db;
}

function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return 'unknown';
  }
}
