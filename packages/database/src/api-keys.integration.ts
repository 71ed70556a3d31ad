import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKeyId, createApiKey, findApiKey, isApiKeyActive, listApiKeys, revokeApiKey } from './api-keys.ts';
import { createDatabase, type Database } from './database.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = createDatabase({ url: test.url });
});
afterAll(async () => {
  await database.close();
  await test.close();
});

describe('API keys', () => {
  it('are found by their token, which is kept nowhere', async () => {
    const { prisma } = database;
    const scopes = ['events:read', 'assets:read', 'events:read'];
    const { id, token } = await createApiKey(prisma, { name: 'dashboard', scopes });
    expect(token).toMatch(/^ppt_[0-9a-f]{16}_[\w-]{43}$/);
    expect(apiKeyId(token)).toBe(id);
    expect(await findApiKey(prisma, token)).toMatchObject({
      id,
      name: 'dashboard',
      scopes: ['events:read', 'assets:read'],
    });
    expect(
      await findApiKey(prisma, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
    ).toBeUndefined();
    expect(await findApiKey(prisma, 'not a token')).toBeUndefined();
    const kept = await prisma.$queryRaw<
      [{ row: string }]
    >`SELECT row_to_json(k)::text AS row FROM api_keys k`;
    expect(kept[0].row).toContain(id);
    expect(kept[0].row).not.toContain(token.slice(-43));
  });

  it('end when they are revoked, or when their time is over', async () => {
    const { prisma } = database;
    const now = new Date();
    const expiresAt = new Date(now.getTime() + 60_000);
    const { id, token } = await createApiKey(prisma, { name: 'short', scopes: ['admin'], expiresAt });
    const key = await findApiKey(prisma, token);
    expect(key && isApiKeyActive(key, now)).toBe(true);
    expect(key && isApiKeyActive(key, expiresAt)).toBe(false);
    expect(await revokeApiKey(prisma, id)).toBe(true);
    expect(await revokeApiKey(prisma, id)).toBe(false);
    expect(await revokeApiKey(prisma, 'ffffffffffffffff')).toBe(false);
    const revoked = await findApiKey(prisma, token);
    expect(revoked && isApiKeyActive(revoked, now)).toBe(false);
    expect((await listApiKeys(prisma)).map((one) => one.name)).toEqual(['short', 'dashboard']);
  });

  it.each([
    [{ name: ' ', scopes: ['admin'] }, 'needs a name'],
    [{ name: 'x', scopes: [] }, 'at least one scope'],
    [{ name: 'x', scopes: ['admin'], expiresAt: new Date(0) }, 'must be in the future'],
    [{ name: 'x', scopes: ['admin'], expiresAt: new Date('nonsense') }, 'must be in the future'],
  ])('are refused for %j', async (options, reason) => {
    await expect(createApiKey(database.prisma, options)).rejects.toThrow(reason);
  });
});
