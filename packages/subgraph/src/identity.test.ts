import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import {
  expandScopes,
  type Identity,
  IdentityError,
  scopes,
  signIdentity,
  verifyIdentity,
} from './identity.ts';

const secret = randomBytes(32).toString('base64');
const identity: Identity = {
  subject: 'key-1',
  kind: 'api_key',
  scopes: ['events:read', 'threats:read'],
  requestId: 'req-1',
};

afterEach(() => void vi.useRealTimers());

test('an identity comes back as it was signed', async () => {
  expect(await verifyIdentity(await signIdentity(identity, secret), secret)).toEqual(identity);
});

test('a token signed with another secret is refused', async () => {
  const token = await signIdentity(identity, randomBytes(32).toString('base64'));
  await expect(verifyIdentity(token, secret)).rejects.toThrow(IdentityError);
});

test('a changed claim is refused', async () => {
  const [header, , signature] = (await signIdentity(identity, secret)).split('.');
  const payload = Buffer.from(JSON.stringify({ sub: 'root', scopes: ['admin'] })).toString('base64url');
  await expect(verifyIdentity(`${header}.${payload}.${signature}`, secret)).rejects.toThrow(IdentityError);
});

test('an unsigned token is refused', async () => {
  const [, payload] = (await signIdentity(identity, secret)).split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  await expect(verifyIdentity(`${header}.${payload}.`, secret)).rejects.toThrow(IdentityError);
});

test('a token is accepted until its time plus the clock tolerance, then refused as expired', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-03-01T00:00:00Z') });
  const token = await signIdentity(identity, secret, { ttlSeconds: 10 });
  vi.setSystemTime(Date.parse('2026-03-01T00:00:14Z'));
  expect((await verifyIdentity(token, secret)).subject).toBe('key-1');
  vi.setSystemTime(Date.parse('2026-03-01T00:00:16Z'));
  await expect(verifyIdentity(token, secret)).rejects.toThrow('expired');
});

const claims = { kind: 'user', scopes: ['admin'], rid: 'r' };
const key = Buffer.from(secret, 'utf8');
test.each([
  ['issuer', new SignJWT(claims).setIssuer('someone').setAudience('parapet-subgraph')],
  ['audience', new SignJWT(claims).setIssuer('parapet-gateway').setAudience('someone')],
  [
    'kind',
    new SignJWT({ ...claims, kind: 'root' }).setIssuer('parapet-gateway').setAudience('parapet-subgraph'),
  ],
])('a token with another %s is refused although its signature is right', async (_, unsigned) => {
  const token = await unsigned
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('x')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key);
  await expect(verifyIdentity(token, secret)).rejects.toThrow(IdentityError);
});

test('a token without an expiry is refused', async () => {
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('x')
    .setIssuer('parapet-gateway')
    .setAudience('parapet-subgraph')
    .setIssuedAt()
    .sign(key);
  await expect(verifyIdentity(token, secret)).rejects.toThrow(IdentityError);
});

test('an oversized token is refused before it is looked at', async () => {
  await expect(verifyIdentity('a'.repeat(10_000), secret)).rejects.toThrow('too long');
});

test('a short secret is refused on both sides', async () => {
  await expect(signIdentity(identity, 'short')).rejects.toThrow('GATEWAY_SECRET');
  await expect(verifyIdentity('a.b.c', 'short')).rejects.toThrow('GATEWAY_SECRET');
});

test('admin expands to every scope, unknown scopes are dropped', () => {
  expect(expandScopes(['admin'])).toEqual([...scopes]);
  expect(expandScopes(['threats:read', 'nonsense', 'threats:read'])).toEqual(['threats:read']);
});
