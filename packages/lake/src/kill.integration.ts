import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventCursor } from './event-query.ts';
import { type Lake, openLake } from './lake.ts';
import { openLakeWriter } from './lake-writer.ts';

const rounds = 20;
let dir: string;
let lake: Lake;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-lake-kill-'));
  lake = await openLake({ dir });
});
afterEach(async () => {
  await lake.close();
  await rm(dir, { recursive: true });
});

/** Lets a process append and compact, kills it after some appends and a moment, and returns the end it last reported. */
async function appendUntilKilled(appends: number, momentMs: number): Promise<number> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'testing/append-forever.ts'), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let reported = 0;
  let lines = 0;
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    // A line may be cut by the kill.
    if (/^\d+$/.test(line)) reported = Math.max(reported, Number(line));
    lines += 1;
    if (lines === appends) timer = setTimeout(() => child.kill('SIGKILL'), momentMs);
  }
  clearTimeout(timer);
  await exited;
  return reported;
}

async function offsets(): Promise<number[]> {
  const found: number[] = [];
  let after: EventCursor | undefined;
  do {
    const page = await lake.search({}, { first: 1000, ...(after ? { after } : {}) });
    found.push(...page.rows.map(({ offset }) => offset));
    after = page.next;
  } while (after);
  return found.sort((a, b) => a - b);
}

it('has every row that was reported durable exactly once, however often its writer is killed', async () => {
  for (let round = 0; round < rounds; round++) {
    const reported = await appendUntilKilled(2 + ((round * 7) % 23), (round * 5) % 17);
    const found = await offsets();
    const { end } = await openLakeWriter({ dir, topicId: 't1', partition: 0 });
    expect(end).toBeGreaterThanOrEqual(reported);
    expect(found).toEqual(Array.from({ length: end }, (_, i) => i));
  }
  await openLakeWriter({ dir, topicId: 't1', partition: 0 });
  await lake.compact({ minHotSegments: 1 });
  const left = await readdir(path.join(dir, 'topic=t1', 'partition=0'));
  expect(left.filter((name) => !/^\d{20}-\d{20}\.parquet$/.test(name))).toEqual([]);
}, 120_000);
