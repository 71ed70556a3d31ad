import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KafkaSasl } from './sasl.ts';
import { createTopicIds } from './topic-ids.ts';

const id = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
const int32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const short = (text: string): Buffer => Buffer.concat([Buffer.from([text.length + 1]), Buffer.from(text)]);

interface FakeBroker {
  readonly metadataMax?: number;
  readonly topicError?: number;
  /** Answers a SASL token; undefined refuses it. */
  readonly sasl?: (token: string) => string | undefined;
  readonly garbage?: boolean;
}

/** A broker that answers the four requests this room sends by itself. */
async function startFake(fake: FakeBroker): Promise<{ broker: string; asked: number[] }> {
  const asked: number[] = [];
  const server = net.createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (fake.garbage) return void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const request = pending.subarray(4, 4 + pending.readInt32BE(0));
        pending = pending.subarray(4 + request.length);
        asked.push(request.readInt16BE(0));
        const answer = Buffer.concat([request.subarray(4, 8), answerTo(request, fake)]);
        socket.write(Buffer.concat([int32(answer.length), answer]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { broker: `127.0.0.1:${(server.address() as net.AddressInfo).port}`, asked };
}

function answerTo(request: Buffer, { metadataMax = 12, topicError = 0, sasl }: FakeBroker): Buffer {
  const body = request.subarray(10 + request.readInt16BE(8));
  switch (request.readInt16BE(0)) {
    case 18:
      return Buffer.concat([int16(0), int32(1), int16(3), int16(0), int16(metadataMax)]);
    case 3: {
      const node = Buffer.concat([int32(1), short('localhost'), int32(9092), Buffer.from([0, 0])]);
      const topic = Buffer.concat([int16(topicError), short('t'), topicError === 0 ? id : Buffer.alloc(16)]);
      return Buffer.concat([
        Buffer.from([0]),
        int32(0),
        Buffer.from([2]),
        node,
        short('cluster'),
        int32(1),
        Buffer.from([2]),
        topic,
      ]);
    }
    case 17:
      return Buffer.concat([int16(sasl ? 0 : 33), int32(0)]);
    default: {
      const answer = sasl?.(body.subarray(4).toString());
      if (answer === undefined) return Buffer.concat([int16(58), int16(-1), int32(0)]);
      return Buffer.concat([int16(0), int16(-1), int32(answer.length), Buffer.from(answer)]);
    }
  }
}

function ask(
  brokers: readonly string[],
  sasl?: KafkaSasl,
  warn: (message: string) => void = () => {},
): Promise<string> {
  const log = {
    debug: () => {},
    info: () => {},
    warn: (_: object, message: string) => warn(message),
    error: () => {},
  };
  return createTopicIds({ brokers, clientId: 'test', log, ...(sasl ? { sasl } : {}) }).get('t');
}

describe('topic ids', () => {
  it('are asked of the first broker that answers', async () => {
    const { broker } = await startFake({});
    expect(await ask(['127.0.0.1:1', broker])).toBe(id.toString('base64url'));
  });

  it('are a hash of the name, with a warning, where the broker knows none', async () => {
    const { broker } = await startFake({ metadataMax: 8 });
    const warnings: string[] = [];
    const first = await ask([broker], undefined, (message) => warnings.push(message));
    expect(first).toMatch(/^name-[0-9a-f]{24}$/);
    expect(await ask([broker])).toBe(first);
    expect(warnings).toHaveLength(1);
  });

  it.each([
    [3, /does not exist/],
    [29, /may not see/],
    [7, /error 7/],
  ])('are an error that says why when the broker answers %d', async (topicError, message) => {
    const { broker } = await startFake({ topicError });
    await expect(ask([broker])).rejects.toThrow(message);
  });

  it('are a clear error where something else listens', async () => {
    const { broker } = await startFake({ garbage: true });
    await expect(ask([broker])).rejects.toThrow(/does not speak the Kafka protocol/);
  });

  it('are remembered until forgotten', async () => {
    const { broker, asked } = await startFake({});
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const ids = createTopicIds({ brokers: [broker], clientId: 'test', log });
    await Promise.all([ids.get('t'), ids.get('t')]);
    expect(asked.filter((key) => key === 3)).toHaveLength(1);
    ids.forget('t');
    await ids.get('t');
    expect(asked.filter((key) => key === 3)).toHaveLength(2);
  });
});

describe('login', () => {
  it('by PLAIN sends user and password, and is refused with a clear error', async () => {
    const { broker } = await startFake({ sasl: (token) => (token === '\0alice\0secret' ? '' : undefined) });
    const sasl = { mechanism: 'plain', username: 'alice' } as const;
    expect(await ask([broker], { ...sasl, password: 'secret' })).toBe(id.toString('base64url'));
    await expect(ask([broker], { ...sasl, password: 'wrong' })).rejects.toMatchObject({
      code: 'REFUSED_CREDENTIALS',
    });
  });

  it('says when the broker does not offer the mechanism', async () => {
    const { broker } = await startFake({});
    await expect(ask([broker], { mechanism: 'plain', username: 'a', password: 'b' })).rejects.toThrow(
      /SASL mechanism plain/,
    );
  });

  it.each(['sha256', 'sha512'] as const)('by SCRAM with %s proves the password both ways', async (hash) => {
    let honest = true;
    const { broker } = await startFake({ sasl: scramServer(hash, 'pässword', () => honest) });
    const sasl: KafkaSasl = {
      mechanism: `scram-sha-${hash === 'sha256' ? '256' : '512'}`,
      username: 'a=b,c',
      password: 'pässword',
    };
    expect(await ask([broker], sasl)).toBe(id.toString('base64url'));
    await expect(ask([broker], { ...sasl, password: 'wrong' })).rejects.toMatchObject({
      code: 'REFUSED_CREDENTIALS',
    });
    honest = false;
    await expect(ask([broker], sasl)).rejects.toThrow(/could not prove/);
  });
});

/** The server's side of RFC 5802, written from the RFC. */
function scramServer(hash: 'sha256' | 'sha512', password: string, isHonest: () => boolean) {
  const salt = Buffer.from('salt of the test');
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, 4096, hash === 'sha256' ? 32 : 64, hash);
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest();
  let first = '';
  let challenge = '';
  return (token: string): string | undefined => {
    if (token.startsWith('n,,')) {
      first = token.slice(3);
      if (!first.startsWith('n=a=3Db=2Cc,')) return undefined;
      challenge = `r=${first.split('r=')[1]}server,s=${salt.toString('base64')},i=4096`;
      return challenge;
    }
    const [withoutProof = '', proof = ''] = token.split(',p=');
    const signed = `${first},${challenge},${withoutProof}`;
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash(hash).update(clientKey).digest(), signed);
    if (
      !Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).equals(
        Buffer.from(proof, 'base64'),
      )
    )
      return undefined;
    const answer = hmac(hmac(salted, 'Server Key'), isHonest() ? signed : 'something else');
    return `v=${answer.toString('base64')}`;
  };
}
