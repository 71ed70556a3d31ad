import { createHash } from 'node:crypto';
import { KafkaError, toKafkaError } from './kafka-error.ts';
import type { KafkaLog } from './kafka-log.ts';
import { openKafkaSocket } from './kafka-socket.ts';
import { apiKeys, decodeApiVersions, decodeTopicId, encodeMetadataRequest } from './metadata-protocol.ts';
import type { KafkaSasl } from './sasl.ts';
import { authenticate } from './sasl.ts';

export interface TopicIds {
  /** The topic's id; asked once and remembered until `forget`. */
  get(topic: string): Promise<string>;
  /** After this the next `get` asks again: the topic may have been deleted and created anew. */
  forget(topic: string): void;
}

const timeoutMs = 10_000;
const metadataVersion = 12;

/**
 * kafkajs stops at Metadata version 6, and topic ids (KIP-516) came with version 10, so they are asked for over a
 * connection of our own. A broker that does not speak version 12 has no ids to tell: then a hash of the name stands in,
 * which is stable but cannot tell a topic from a later one of the same name; that is logged.
 */
export function createTopicIds(options: {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: boolean;
  readonly sasl?: KafkaSasl;
  readonly log: KafkaLog;
}): TopicIds {
  const known = new Map<string, Promise<string>>();

  async function ask(topic: string): Promise<string> {
    let last: unknown;
    for (const broker of options.brokers) {
      try {
        return await askBroker(broker, topic);
      } catch (error) {
        if (error instanceof KafkaError && !error.retryable) throw error;
        last = error;
      }
    }
    throw toKafkaError(last, `read the id of topic ${topic}`, options.brokers);
  }

  async function askBroker(broker: string, topic: string): Promise<string> {
    const { clientId, ssl = false, sasl, log } = options;
    const socket = await openKafkaSocket({ broker, clientId, ssl, timeoutMs });
    try {
      if (sasl) await authenticate(socket, sasl);
      const versions = decodeApiVersions(await socket.request(apiKeys.apiVersions, 0, Buffer.alloc(0)));
      const metadata = versions.get(apiKeys.metadata);
      if (!metadata || metadata.max < metadataVersion) {
        log.warn(
          { topic, broker },
          'The broker does not tell topic ids (Metadata version 12, KIP-516); a hash of the topic name is used instead.',
        );
        return `name-${createHash('sha256').update(topic).digest('hex').slice(0, 24)}`;
      }
      const answer = await socket.request(
        apiKeys.metadata,
        metadataVersion,
        encodeMetadataRequest(topic),
        'flexible',
      );
      return decodeTopicId(answer, topic);
    } finally {
      socket.close();
    }
  }

  return {
    get(topic) {
      const asked = known.get(topic);
      if (asked) return asked;
      const asking = ask(topic);
      known.set(topic, asking);
      asking.catch(() => known.delete(topic));
      return asking;
    },
    forget: (topic) => void known.delete(topic),
  };
}
