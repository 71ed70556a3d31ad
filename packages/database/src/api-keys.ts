import { createHash, randomBytes } from 'node:crypto';
import type { PrismaClient } from './generated/client.ts';

/** An API key as kept: everything but the secret. */
export interface ApiKeyRecord {
  /** 16 hexadecimal digits; the part of the token that may be shown. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

type ApiKeyStore = Pick<PrismaClient, 'apiKey'>;

const tokenPattern = /^ppt_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** The id inside a token, or undefined when the text is not an API key of ours. Says nothing about whether it is valid. */
export function apiKeyId(token: string): string | undefined {
  return tokenPattern.exec(token)?.[1];
}

/** SHA-256 of the whole token: what is kept instead of it. The secret part has 256 random bits, so no salt is needed. */
export function hashApiKey(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token, 'utf8').digest());
}

/**
 * Makes and stores an API key. The token (`ppt_<id>_<secret>`) is in the answer and nowhere else: it cannot be shown again.
 *
 * @throws RangeError when the name is empty or too long, no scope is given, or `expiresAt` is in the past.
 */
export async function createApiKey(
  prisma: ApiKeyStore,
  options: { name: string; scopes: readonly string[]; expiresAt?: Date | undefined },
): Promise<{ id: string; token: string }> {
  const { name, scopes, expiresAt } = options;
  if (name.trim() === '' || name.length > 200)
    throw new RangeError('An API key needs a name of 1 to 200 characters.');
  if (scopes.length === 0) throw new RangeError('An API key needs at least one scope.');
  if (expiresAt !== undefined && !(expiresAt.getTime() > Date.now())) {
    throw new RangeError('The expiry of an API key must be in the future.');
  }
  const id = randomBytes(8).toString('hex');
  const token = `ppt_${id}_${randomBytes(32).toString('base64url')}`;
  await prisma.apiKey.create({
    data: {
      id,
      name,
      hash: hashApiKey(token),
      scopes: [...new Set(scopes)],
      expiresAt: expiresAt ?? null,
    },
  });
  return { id, token };
}

/**
 * The key a token belongs to, or undefined when there is none. A revoked or expired key is returned too, so that the caller
 * can tell; use {@link isApiKeyActive}.
 */
export async function findApiKey(prisma: ApiKeyStore, token: string): Promise<ApiKeyRecord | undefined> {
  if (apiKeyId(token) === undefined) return undefined;
  const row = await prisma.apiKey.findUnique({ where: { hash: hashApiKey(token) } });
  return row === null ? undefined : toRecord(row);
}

export function isApiKeyActive(key: Pick<ApiKeyRecord, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

/** Revokes a key by id. `false` when there is no such key or it was revoked before. */
export async function revokeApiKey(prisma: ApiKeyStore, id: string): Promise<boolean> {
  const { count } = await prisma.apiKey.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: new Date() },
  });
  return count > 0;
}

/** All keys, newest first, revoked and expired ones included; at most 1000. */
export async function listApiKeys(prisma: ApiKeyStore): Promise<ApiKeyRecord[]> {
  const rows = await prisma.apiKey.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'asc' }], take: 1000 });
  return rows.map(toRecord);
}

function toRecord(row: ApiKeyRecord): ApiKeyRecord {
  const { id, name, scopes, createdAt, expiresAt, revokedAt } = row;
  return { id, name, scopes, createdAt, expiresAt, revokedAt };
}
