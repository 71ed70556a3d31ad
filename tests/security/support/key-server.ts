import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A server that publishes signing keys, like an identity provider's. */
export interface KeyServer extends AsyncDisposable {
  readonly url: string;
  /** Publishes a new key; further tokens are signed with it. The keys before stay published unless `withdraw`. */
  rotate(options?: { withdraw?: boolean }): Promise<void>;
  /** A token that holds; `claims` and `header` change it. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  readonly publicKey: JWK;
  fetches(): number;
  /** Answers 500 from now on. */
  fail(): void;
}

export const issuer = 'https://id.example.test';
export const audience = 'parapet';

export async function startKeyServer(): Promise<KeyServer> {
  let published: JWK[] = [];
  let signing: { key: CryptoKey; kid: string };
  let fetches = 0;
  let failing = false;
  let serial = 0;
  const rotate = async ({ withdraw = false } = {}) => {
    serial += 1;
    const kid = `key-${serial}`;
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
    published = withdraw ? [jwk] : [...published, jwk];
    signing = { key: privateKey, kid };
  };
  await rotate();
  const server = createServer((_, res) => {
    fetches += 1;
    if (failing) res.writeHead(500).end();
    else res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    rotate,
    sign: (claims = {}, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        iss: issuer,
        aud: audience,
        sub: 'ann',
        iat: now,
        exp: now + 300,
        scope: 'threats:read assets:read',
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid: signing.kid, ...header })
        .sign(signing.key, { crit: { 'x-new': true } });
    },
    get publicKey() {
      const key = published.at(-1);
      if (key === undefined) throw new Error('No key is published.');
      return key;
    },
    fetches: () => fetches,
    fail: () => {
      failing = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
