import {
  startOfficeSubgraphs,
  startTestGateway,
  type TestGateway,
  testTokens,
  until,
} from '@parapet/gateway/testing';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { audience, issuer, type KeyServer, startKeyServer } from './support/key-server.ts';

let office: Awaited<ReturnType<typeof startOfficeSubgraphs>>;
let keys: KeyServer;
let gateway: TestGateway;

const limits = { failedLogins: { perSecond: 1_000, burst: 1_000 } };

beforeAll(async () => {
  office = await startOfficeSubgraphs();
});
beforeEach(async () => {
  keys = await startKeyServer();
  gateway = await startTestGateway(office.sources, {
    limits,
    jwt: { jwksUrl: keys.url, issuer, audience, cooldownMs: 0 },
  });
  return async () => {
    await gateway[Symbol.asyncDispose]();
    await keys[Symbol.asyncDispose]();
  };
});
afterAll(async () => {
  await office[Symbol.asyncDispose]();
});

async function ask(token: string, query = '{ whoami }') {
  const { status, body } = await gateway.post({ query }, { token });
  return { status, code: body.errors?.[0]?.extensions['code'], whoami: body.data?.['whoami'] };
}
const refused = { status: 401, code: 'UNAUTHENTICATED', whoami: undefined };
const seconds = () => Math.floor(Date.now() / 1000);

describe('JWTs', () => {
  it('are taken with their scopes, and no scope that does not exist', async () => {
    expect(await ask(await keys.sign({ scope: 'threats:read root', scopes: ['assets:read'] }))).toMatchObject(
      {
        whoami: 'user:ann [assets:read threats:read]',
      },
    );
  });

  it('grant nothing beyond their scopes', async () => {
    const { code } = await ask(await keys.sign({ scope: 'assets:read' }), '{ alert(id: "a1") { id } }');
    expect(code).toBe('FORBIDDEN');
  });

  it.each<[string, (good: KeyServer) => Promise<string> | string]>([
    ['that has expired', (good) => good.sign({ exp: seconds() - 60 })],
    ['that never expires', (good) => good.sign({ exp: undefined })],
    ['that is not valid yet', (good) => good.sign({ nbf: seconds() + 600 })],
    ['of another issuer', (good) => good.sign({ iss: 'https://evil.example' })],
    ['for another audience', (good) => good.sign({ aud: 'someone-else' })],
    ['without a subject', (good) => good.sign({ sub: undefined })],
    ['with a subject that is not text', (good) => good.sign({ sub: { $ne: null } as never })],
    ['whose key is unknown', (good) => good.sign({}, { kid: 'nobody' })],
    [
      'signed by nobody (alg none)',
      () =>
        new UnsecuredJWT({ sub: 'ann', scope: 'admin' })
          .setIssuer(issuer)
          .setAudience(audience)
          .setExpirationTime('1h')
          .encode(),
    ],
    [
      'signed with the public key as an HMAC secret',
      async (good) => {
        const secret = new TextEncoder().encode(JSON.stringify(good.publicKey));
        return await new SignJWT({ sub: 'ann', scope: 'admin' })
          .setProtectedHeader({ alg: 'HS256', kid: String(good.publicKey.kid) })
          .setIssuer(issuer)
          .setAudience(audience)
          .setExpirationTime('1h')
          .sign(secret);
      },
    ],
    [
      'that brings its own key',
      async () => {
        const other = await startKeyServer();
        const token = await other.sign({ scope: 'admin' }, { jwk: other.publicKey, jku: other.url });
        await other[Symbol.asyncDispose]();
        return token;
      },
    ],
    [
      'whose payload was changed',
      async (good) => {
        const [header, , signature] = (await good.sign()).split('.');
        const claims = { iss: issuer, aud: audience, sub: 'ann', exp: seconds() + 600, scope: 'admin' };
        return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      },
    ],
    ['with a critical header nobody knows', (good) => good.sign({}, { crit: ['x-new'], 'x-new': 1 })],
    ['that is no JWT at all', () => 'abc.def.ghi'],
  ])('%s is refused', async (_, make) => {
    expect(await ask(await make(keys))).toEqual(refused);
  });

  it('are checked with a new key as soon as it is published, and no longer with one that was withdrawn', async () => {
    const old = await keys.sign();
    expect(await ask(old)).toMatchObject({ status: 200 });
    await keys.rotate({ withdraw: true });
    expect(await ask(await keys.sign())).toMatchObject({ status: 200 });
    expect(await ask(old)).toEqual(refused);
  });

  it('are answered 503, not 401, while the key set cannot be fetched', async () => {
    keys.fail();
    expect(await ask(await keys.sign())).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
  });
});

describe('API keys', () => {
  it.each(['revoked', 'expired', 'unknown'] as const)(
    'that are %s are refused, all with the same words',
    async (kind) => {
      const { body, status } = await gateway.post({ query: '{ whoami }' }, { token: testTokens[kind] });
      expect(status).toBe(401);
      expect(body.errors?.[0]?.message).toBe('The API key is unknown, expired or revoked.');
    },
  );

  it.each(['Basic YWRtaW46YWRtaW4=', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(9000)}`])(
    'that come as %s are refused',
    async (authorization) => {
      const { status } = await gateway.post({ query: '{ whoami }' }, { headers: { authorization } });
      expect(status).toBe(401);
    },
  );

  it('are refused within the life of the cache after they were revoked', async () => {
    await using cached = await startTestGateway(office.sources, {
      tokenCache: { positiveTtlMs: 100, negativeTtlMs: 100 },
    });
    const status = async () =>
      (await cached.post({ query: '{ whoami }' }, { token: testTokens.reader })).status;
    expect(await status()).toBe(200);
    expect(await status()).toBe(200);
    expect(cached.lookups()).toBe(1);
    const key = cached.keys.get(testTokens.reader);
    if (key) key.revokedAt = new Date();
    await until(async () => (await status()) === 401, 2_000);
  });

  it('cannot be guessed: an address that failed often is told to wait and the keys are not asked any more', async () => {
    await using guarded = await startTestGateway(office.sources, {
      limits: { failedLogins: { perSecond: 0.01, burst: 5 } },
      tokenCache: { positiveTtlMs: 60_000 },
    });
    const ask = (token: string) => guarded.post({ query: '{ whoami }' }, { token });
    expect((await ask(testTokens.reader)).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      statuses.push((await ask(`ppt_${'f'.repeat(15)}${i}_${'F'.repeat(43)}`)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(guarded.lookups()).toBe(6);
    // A token that was seen to hold is not locked out by others behind the same address.
    expect((await ask(testTokens.reader)).status).toBe(200);
  });

  it('and JWTs never appear in the log', async () => {
    const jwt = await keys.sign({ exp: seconds() - 60 });
    await gateway.post({ query: '{ broken }' }, { token: testTokens.reader });
    await gateway.post({ query: '{ whoami }' }, { token: testTokens.unknown });
    await gateway.post({ query: '{ whoami }' }, { token: jwt });
    for (const secret of [testTokens.reader, testTokens.unknown, jwt]) {
      expect(gateway.logged()).not.toContain(secret.slice(-30));
    }
  });
});
