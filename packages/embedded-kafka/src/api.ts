import type { Groups } from './groups/groups.ts';
import type { MetadataStore } from './metadata-store.ts';
import type { KafkaError } from './protocol/error-codes.ts';
import type { Reader } from './protocol/reader.ts';
import type { Writer } from './protocol/writer.ts';
import type { Topics } from './topics.ts';

/** Where the events of the broker's life are told; a pino logger fits. */
export interface BrokerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What requests work on. */
export interface BrokerState {
  readonly topics: Topics;
  readonly groups: Groups;
  readonly store: MetadataStore;
  readonly now: () => number;
  readonly autoCreateTopics: boolean;
  readonly maxFetchBytes: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Tells a storage fault to the operator; the client is told by an error code. */
  readonly reportFault: (error: KafkaError) => void;
}

export interface RequestContext {
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Where clients reach this broker, as seen from this connection. */
  readonly address: { readonly host: string; readonly port: number };
  /** Aborted when the connection is gone or the broker stops: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** `none`: no answer is sent (acks 0). `close`: the connection ends, which is the only way to tell such a client. */
export type Reply = 'none' | 'close' | undefined;

/** One API of the protocol: reads the request's body and writes the answer's. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First version with compact lengths and tagged fields; absent when none of ours has them. */
  readonly flexibleFrom?: number;
  handle(reader: Reader, writer: Writer, context: RequestContext): Reply | Promise<Reply>;
}

/** The id of the only broker, which leads everything. */
export const nodeId = 1;
