import type { BrokerLog } from './api.ts';
import type { FsyncPolicy } from './log/log-settings.ts';

export interface BrokerOptions {
  /** Folder of the broker's data; made when absent. One broker at a time may use it. */
  readonly dir: string;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** 0: any free port. @default 0 */
  readonly port?: number;
  /** Host that clients are told to connect to. @default the listening address, or the one a client reached if that is a wildcard */
  readonly advertisedHost?: string;
  /** @default 'interval' */
  readonly fsync?: FsyncPolicy;
  /** @default 1000 */
  readonly fsyncIntervalMs?: number;
  /** Size at which a new segment file is begun. @default 134217728 (128 MiB) */
  readonly segmentBytes?: number;
  /** Age at which a new segment file is begun, milliseconds. @default 86400000 (a day) */
  readonly segmentMs?: number;
  /** For topics that do not say; -1 for no limit. @default 604800000 (7 days) */
  readonly retentionMs?: number;
  /** Per partition, for topics that do not say; -1 for no limit. @default -1 */
  readonly retentionBytes?: number;
  /** How often retention is applied, milliseconds. @default 60000 */
  readonly retentionCheckMs?: number;
  /** Committed offsets of a group without members are forgotten after this time. @default 604800000 (7 days) */
  readonly offsetsRetentionMs?: number;
  /** A larger request closes its connection. @default 104857600 (100 MiB) */
  readonly maxRequestBytes?: number;
  /** Largest record batch, for topics that do not say. @default 16777216 (16 MiB) */
  readonly maxMessageBytes?: number;
  /** Bytes of records in one fetch answer, whatever the client asks for. @default 57671680 (55 MiB) */
  readonly maxFetchBytes?: number;
  /** @default 1000 */
  readonly maxConnections?: number;
  /** A client that has not sent its first whole request by then is disconnected, so that it keeps no place. @default 10000 */
  readonly firstRequestMs?: number;
  /** A connection on which nothing moved for this time is closed, as Kafka's connections.max.idle.ms. @default 600000 */
  readonly maxIdleMs?: number;
  /** Bytes of unfinished requests on all connections. @default 536870912 (512 MiB), at least maxRequestBytes */
  readonly maxReceiveBytes?: number;
  /** Of all topics together. @default 2000 */
  readonly maxPartitions?: number;
  /** Whether a client's question for an unknown topic creates it, with one partition. @default false */
  readonly autoCreateTopics?: boolean;
  /** How long the first member of a group waits for others. @default 100 */
  readonly initialRebalanceDelayMs?: number;
  /** Bounds of the session timeouts that clients may ask for. @default 500 and 1800000 */
  readonly minSessionTimeoutMs?: number;
  readonly maxSessionTimeoutMs?: number;
  /** Where to tell what happens. @default nowhere */
  readonly log?: BrokerLog;
}

export type ResolvedOptions = Required<Omit<BrokerOptions, 'advertisedHost'>> &
  Pick<BrokerOptions, 'advertisedHost'>;

const day = 86_400_000;
const silent: BrokerLog = { info() {}, warn() {}, error() {} };

export function resolveOptions(options: BrokerOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved = {
    host: '127.0.0.1',
    port: 0,
    fsync: 'interval' as const,
    fsyncIntervalMs: 1000,
    segmentBytes: 128 * 1024 * 1024,
    segmentMs: day,
    retentionMs: 7 * day,
    retentionBytes: -1,
    retentionCheckMs: 60_000,
    offsetsRetentionMs: 7 * day,
    maxRequestBytes: 100 * 1024 * 1024,
    maxMessageBytes: 16 * 1024 * 1024,
    maxFetchBytes: 55 * 1024 * 1024,
    maxConnections: 1000,
    firstRequestMs: 10_000,
    maxIdleMs: 600_000,
    maxReceiveBytes: 512 * 1024 * 1024,
    maxPartitions: 2000,
    autoCreateTopics: false,
    initialRebalanceDelayMs: 100,
    minSessionTimeoutMs: 500,
    maxSessionTimeoutMs: 1_800_000,
    log: silent,
    ...(given as { dir: string }),
  };
  return {
    ...resolved,
    maxReceiveBytes: Math.max(resolved.maxReceiveBytes, resolved.maxRequestBytes + 65_536),
  };
}
