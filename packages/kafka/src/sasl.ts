import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { KafkaError } from './kafka-error.ts';
import type { KafkaSocket } from './kafka-socket.ts';
import { apiKeys } from './metadata-protocol.ts';

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

const pbkdf2Async = promisify(pbkdf2);
const maxIterations = 1_000_000;

/** SASL over our own connection: PLAIN (RFC 4616) and SCRAM (RFC 5802). */
export async function authenticate(socket: KafkaSocket, sasl: KafkaSasl): Promise<void> {
  const mechanism = Buffer.from(sasl.mechanism.toUpperCase());
  const handshake = await socket.request(
    apiKeys.saslHandshake,
    1,
    Buffer.concat([int16(mechanism.length), mechanism]),
  );
  if (handshake.readInt16BE(0) !== 0) {
    throw new KafkaError(
      'REFUSED_CREDENTIALS',
      `Kafka does not offer SASL mechanism ${sasl.mechanism}. Set KAFKA_SASL_MECHANISM to one that it offers.`,
    );
  }
  const say = (token: string): Promise<string> => exchange(socket, token);
  if (sasl.mechanism === 'plain') await say(`\0${sasl.username}\0${sasl.password}`);
  else await scram(say, sasl, sasl.mechanism === 'scram-sha-256' ? 'sha256' : 'sha512');
}

async function exchange(socket: KafkaSocket, token: string): Promise<string> {
  const bytes = Buffer.from(token);
  const answer = await socket.request(
    apiKeys.saslAuthenticate,
    0,
    Buffer.concat([int32(bytes.length), bytes]),
  );
  if (answer.readInt16BE(0) !== 0) {
    throw new KafkaError(
      'REFUSED_CREDENTIALS',
      'Kafka refused the user name or password. Check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
    );
  }
  const at = 4 + Math.max(0, answer.readInt16BE(2));
  return answer.subarray(at + 4, at + 4 + Math.max(0, answer.readInt32BE(at))).toString();
}

async function scram(
  say: (token: string) => Promise<string>,
  { username, password }: KafkaSasl,
  hash: 'sha256' | 'sha512',
): Promise<void> {
  const nonce = randomBytes(18).toString('base64');
  const name = username.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const first = `n=${name},r=${nonce}`;
  const serverFirst = await say(`n,,${first}`);
  const { r, s, i } = attributes(serverFirst);
  const iterations = Number(i);
  if (!r?.startsWith(nonce) || !s || !(iterations > 0 && iterations <= maxIterations)) {
    throw new KafkaError('REFUSED_CREDENTIALS', 'Kafka answered the SCRAM login with a malformed challenge.');
  }
  const size = hash === 'sha256' ? 32 : 64;
  const salted = await pbkdf2Async(
    password.normalize('NFKC'),
    Buffer.from(s, 'base64'),
    iterations,
    size,
    hash,
  );
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const final = `c=biws,r=${r}`;
  const signed = `${first},${serverFirst},${final}`;
  const signature = hmac(createHash(hash).update(clientKey).digest(), signed);
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
  const { v } = attributes(await say(`${final},p=${proof.toString('base64')}`));
  const expected = hmac(hmac(salted, 'Server Key'), signed);
  const actual = Buffer.from(v ?? '', 'base64');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    throw new KafkaError(
      'REFUSED_CREDENTIALS',
      'The Kafka server could not prove that it knows the password.',
    );
  }
}

function attributes(message: string): Record<'r' | 's' | 'i' | 'v', string | undefined> {
  const found = new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
  return { r: found.get('r'), s: found.get('s'), i: found.get('i'), v: found.get('v') };
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
