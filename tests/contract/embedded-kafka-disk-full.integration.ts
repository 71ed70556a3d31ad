import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commitRaw, connectWire, encodeBatch, fetchRaw, produceRaw } from '@parapet/embedded-kafka/testing';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedKafka, startEmbeddedKafkaProcess } from './start-embedded-kafka.ts';

const storageError = 56;
const dir = await mkdtemp(path.join(tmpdir(), 'parapet-small-disk-'));
// A file system of 6 MB; only root may make one.
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', dir]).status === 0;
if (!mounted)
  console.log('the test of a full disk is skipped: it needs the right to mount a small file system');

describe.skipIf(!mounted)('embedded-kafka on a full disk', () => {
  let broker: EmbeddedKafka;
  beforeAll(async () => {
    broker = await startEmbeddedKafkaProcess({ dir });
  });
  afterAll(async () => {
    await broker.stop();
    spawnSync('umount', [dir]);
    await rm(dir, { recursive: true, force: true });
  });

  async function administer(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await work(admin);
    await admin.disconnect();
  }

  it('tells producers, loses nothing it acknowledged, lives, and goes on when there is room again', async () => {
    await administer((admin) => admin.createTopics({ topics: [{ topic: 'filler' }, { topic: 'events' }] }));
    const client = await connectWire(broker.address);
    const batch = encodeBatch([{ value: 'x'.repeat(300_000) }]);
    for (let count = 0; count < 5; count += 1) {
      expect((await produceRaw(client, 'filler', 0, batch)).error).toBe(0);
    }
    let acknowledged = 0;
    let answer = await produceRaw(client, 'events', 0, batch);
    while (answer.error === 0) {
      acknowledged += 1;
      answer = await produceRaw(client, 'events', 0, batch);
    }
    expect(answer.error).toBe(storageError);
    expect(answer.message).toMatch(/ENOSPC/);
    expect(acknowledged).toBeGreaterThan(5);
    const full = await fetchRaw(client, 'events', 0, { offset: 0 });
    expect(full).toMatchObject({ error: 0, endOffset: acknowledged });
    expect(full.records.length).toBe(acknowledged * batch.length);
    // A commit fails or succeeds, but is answered.
    expect([0, storageError]).toContain(await commitRaw(client, 'group', 'events', 1));

    await broker.crashAndRestart();
    const again = await connectWire(broker.address);
    expect(await fetchRaw(again, 'events', 0, { offset: 0 })).toMatchObject({
      error: 0,
      endOffset: acknowledged,
    });
    expect((await produceRaw(again, 'events', 0, batch)).error).toBe(storageError);
    await administer((admin) => admin.deleteTopics({ topics: ['filler'] }));
    expect(await produceRaw(again, 'events', 0, batch)).toMatchObject({ error: 0, baseOffset: acknowledged });
    expect(await commitRaw(again, 'group', 'events', 2)).toBe(0);
    again.close();
    client.close();
  });
});
