import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import type { EventBatch } from './columns/event-batch.ts';
import { createDecoder } from './decode/create-decoder.ts';
import { observablesOf } from './observables.ts';

function aBatch(event: object): EventBatch {
  const value = Buffer.from(JSON.stringify(event));
  const record = { topicId: 'topic', partition: 0, offset: 0, timestamp: 0, value, headers: {} };
  return createDecoder({ fields: () => [] }).decode([record]).batches[0]!;
}

test('addresses, names, hashes and command lines of an event are its observables, with OCSF type and path', () => {
  const batch = aBatch({
    '@timestamp': '2026-01-15T10:00:00Z',
    ecs: { version: '8.11.0' },
    event: { category: ['process'], type: ['start'] },
    host: { name: 'db01', ip: ['10.1.0.50', '10.1.0.51'], os: { type: 'linux' } },
    user: { name: 'postgres' },
    process: { executable: '/usr/bin/wget', command_line: 'wget x', pid: 7, hash: { sha1: 'a'.repeat(40) } },
  });
  expect(observablesOf(batch, 0)).toEqual([
    { name: 'actor.user.name', type_id: 4, value: 'postgres' },
    { name: 'device.hostname', type_id: 1, value: 'db01' },
    { name: 'device.ip', type_id: 2, value: '10.1.0.50' },
    { name: 'device.ip', type_id: 2, value: '10.1.0.51' },
    { name: 'process.cmd_line', type_id: 13, value: 'wget x' },
    { name: 'process.file.hashes.sha1', type_id: 8, value: 'a'.repeat(40) },
    { name: 'process.file.path', type_id: 45, value: '/usr/bin/wget' },
    { name: 'process.pid', type_id: 15, value: '7' },
  ]);
});

test('an event has at most a hundred of them, and one without attributes has none', () => {
  const many = Array.from({ length: 500 }, (_, number) => `10.0.${number >> 8}.${number & 255}`);
  const batch = aBatch({ '@timestamp': '2026-01-15T10:00:00Z', ecs: { version: '8' }, host: { ip: many } });
  expect(observablesOf(batch, 0)).toHaveLength(100);
  expect(observablesOf(aBatch({ nothing: 1 }), 0)).toEqual([]);
});
