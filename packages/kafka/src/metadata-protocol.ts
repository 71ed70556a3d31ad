import { KafkaError } from './kafka-error.ts';

/** The requests we send ourselves. Message formats: https://kafka.apache.org/protocol */
export const apiKeys = { metadata: 3, saslHandshake: 17, apiVersions: 18, saslAuthenticate: 36 } as const;

const unknownTopic = 3;
const topicAuthorizationFailed = 29;
const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The ranges of versions a broker speaks, by API key, from an ApiVersions v0 response. */
export function decodeApiVersions(body: Buffer): Map<number, { min: number; max: number }> {
  const ranges = new Map<number, { min: number; max: number }>();
  const count = body.readInt32BE(2);
  for (let i = 0, at = 6; i < count; i++, at += 6) {
    ranges.set(body.readInt16BE(at), { min: body.readInt16BE(at + 2), max: body.readInt16BE(at + 4) });
  }
  return ranges;
}

/** Metadata v12 for one topic by name, which must not be created by asking. */
export function encodeMetadataRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    unsignedVarint(2), // array of one
    Buffer.alloc(16), // no id: ask by name
    unsignedVarint(name.length + 1),
    name,
    Buffer.from([0]), // no tagged fields of the topic
    Buffer.from([0, 0, 0]), // no auto-creation, no authorized operations, no tagged fields
  ]);
}

/** The id of the one topic in a Metadata v12 response, base64url as Kafka prints it. */
export function decodeTopicId(body: Buffer, topic: string): string {
  const reader = createReader(body);
  reader.skip(4); // throttle time
  for (let brokers = reader.unsignedVarint() - 1; brokers > 0; brokers--) {
    reader.skip(4);
    reader.compactBytes();
    reader.skip(4);
    reader.compactBytes();
    reader.tags();
  }
  reader.compactBytes(); // cluster id
  reader.skip(4); // controller
  if (reader.unsignedVarint() !== 2) throw new Error(`Kafka did not answer about topic ${topic}`);
  const code = reader.int16();
  reader.compactBytes();
  const id = reader.bytes(16).toString('base64url');
  if (code === unknownTopic) {
    throw new KafkaError('TOPIC_MISSING', `Topic ${topic} does not exist on this Kafka cluster.`);
  }
  if (code === topicAuthorizationFailed) {
    throw new KafkaError(
      'TOPIC_MISSING',
      `This Kafka user may not see topic ${topic}. Grant it DESCRIBE on the topic.`,
    );
  }
  if (code !== 0 || id === zeroId) throw new Error(`Kafka answered error ${code} about topic ${topic}`);
  return id;
}

function createReader(data: Buffer) {
  let at = 0;
  const reader = {
    skip(bytes: number) {
      at += bytes;
    },
    int16() {
      at += 2;
      return data.readInt16BE(at - 2);
    },
    bytes(length: number) {
      if (length < 0 || at + length > data.length) throw new Error('The Metadata response is cut short');
      at += length;
      return data.subarray(at - length, at);
    },
    unsignedVarint() {
      let value = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = data.readUInt8(at++);
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) return value;
      }
      throw new Error('The Metadata response holds a malformed number');
    },
    /** A compact (nullable) string. */
    compactBytes() {
      const length = reader.unsignedVarint();
      return length === 0 ? undefined : reader.bytes(length - 1);
    },
    tags() {
      for (let count = reader.unsignedVarint(); count > 0; count--) {
        reader.unsignedVarint();
        reader.skip(reader.unsignedVarint());
      }
    },
  };
  return reader;
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
