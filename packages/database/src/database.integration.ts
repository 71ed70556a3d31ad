import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDatabase } from './database.ts';
import { startEmbeddedPostgres } from './embedded/start.ts';
import { createTestDatabase } from './testing.ts';
import { isTransientDatabaseError } from './transient-error.ts';

const caught = async (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

const anAsset = { id: 'a', name: 'web-1', kind: 'host', firstSeen: new Date(0), lastSeen: new Date(0) };

describe('createDatabase', () => {
  it('gives a client whose statements, connections and answers are bounded', async () => {
    const test = await createTestDatabase();
    const database = createDatabase({
      url: test.url,
      maxConnections: 2,
      statementTimeoutMs: 100,
      applicationName: 'probe',
    });
    await database.ping();
    await database.prisma.asset.create({ data: anAsset });
    expect(await database.prisma.asset.count()).toBe(1);
    const slow = await caught(database.prisma.$queryRaw`SELECT pg_sleep(5)::text`);
    expect(String(slow)).toContain('statement timeout');
    expect(isTransientDatabaseError(slow)).toBe(true);
    await Promise.all(Array.from({ length: 10 }, () => database.prisma.$queryRaw`SELECT 1 AS n`));
    const [row] = await database.prisma.$queryRaw<[{ n: number }]>`
      SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'probe'`;
    expect(row.n).toBeLessThanOrEqual(2);
    await database.close();
    await database.close();
    await test.close();
  });

  it('does not call a wrong statement transient', async () => {
    const test = await createTestDatabase();
    const database = createDatabase({ url: test.url });
    const create = () => database.prisma.asset.create({ data: anAsset });
    await create();
    for (const wrong of [create, () => database.prisma.$queryRaw`SELECT * FROM nowhere`]) {
      const error = await caught(wrong());
      expect(error).toBeInstanceOf(Error);
      expect(isTransientDatabaseError(error)).toBe(false);
    }
    await database.close();
    await test.close();
  });

  it('outlives a PostgreSQL that is killed and started again', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'parapet-database-'));
    const first = await startEmbeddedPostgres({ dir });
    const database = createDatabase({ url: first.url });
    await database.prisma.$executeRaw`CREATE TABLE kept (n int)`;
    const cut = caught(database.prisma.$queryRaw`SELECT pg_sleep(20)::text`);
    await database.ping();
    process.kill(first.pid, 'SIGKILL');
    expect(isTransientDatabaseError(await cut)).toBe(true);
    await first.exited;
    const refused = await caught(database.prisma.$queryRaw`SELECT 1 AS n`);
    expect(isTransientDatabaseError(refused)).toBe(true);
    expect(isTransientDatabaseError(await caught(database.ping()))).toBe(true);

    const second = await startEmbeddedPostgres({ dir, port: first.port });
    await database.ping();
    expect(await database.prisma.$queryRaw`SELECT count(*)::int AS n FROM kept`).toEqual([{ n: 0 }]);
    await database.close();
    await second.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('gives each test a database of its own', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const database = createDatabase({ url: one.url });
    await database.prisma.asset.create({ data: anAsset });
    const other = createDatabase({ url: two.url });
    expect(await other.prisma.asset.count()).toBe(0);
    await Promise.all([database.close(), other.close()]);
    await one.close();
    await two.close();
  });
});
