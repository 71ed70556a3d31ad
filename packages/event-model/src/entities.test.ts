import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { assetHandle } from './asset-handle.ts';
import type { EventBatch } from './columns/event-batch.ts';
import { createDecoder } from './decode/create-decoder.ts';
import { assetNamesOf, assetsOf, boundedText, entitiesOf } from './entities.ts';
import { Entities } from './messages/finding.ts';

function decode(event: unknown): EventBatch {
  const value = Buffer.from(JSON.stringify(event));
  const { batches } = createDecoder({ fields: () => [] }).decode([
    { topicId: 'topic', partition: 0, offset: 0, timestamp: 0, value, headers: {} },
  ]);
  return batches[0]!;
}

const zeek = (from: string, to: string): EventBatch =>
  decode({ _path: 'conn', ts: 1, uid: 'C1', 'id.orig_h': from, 'id.resp_h': to, conn_state: 'SF' });

test('endpoints are assets where their addresses are of one’s own network', () => {
  const names = (from: string, to: string): string[] =>
    assetNamesOf(zeek(from, to), 0).map(({ name }) => name);
  expect(names('10.0.0.1', '192.0.2.1')).toEqual(['10.0.0.1']);
  expect(names('10.0.0.1', '10.0.0.2')).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(names('fd00::1', 'ff02::fb')).toEqual(['fd00::1']);
  expect(names('127.0.0.1', '169.254.3.4')).toEqual([]);
  expect(names('10.0.0.1', '10.0.0.1')).toEqual(['10.0.0.1']);
});

test('a machine that opened a connection has its host name and its address, and is no endpoint as well', () => {
  const batch = decode({
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    EventID: 3,
    Hostname: 'WKS-1',
    Initiated: 'true',
    SourceIp: '10.0.0.1',
    DestinationIp: '10.0.0.2',
  });
  expect(assetsOf(batch, 0)).toEqual([
    {
      role: 'device',
      names: [
        { kind: 'host', name: 'wks-1', handle: assetHandle('host', 'WKS-1') },
        { kind: 'ip', name: '10.0.0.1', handle: assetHandle('ip', '10.0.0.1') },
      ],
    },
    { role: 'endpoint', names: [{ kind: 'ip', name: '10.0.0.2', handle: assetHandle('ip', '10.0.0.2') }] },
  ]);
});

test('an address or a sentence is no host name', () => {
  for (const host of ['192.0.2.1', 'two words', '-', '', '{"a":1}', 7])
    expect(entitiesOf(decode({ host }))(0).host).toBeUndefined();
});

test('entities stay within their bounds and can be stored, whatever the event says', () => {
  const event = {
    user: `a\u0000b\ud800${'x'.repeat(2_000)}`,
    hostname: 'h'.repeat(5_000),
    process: { executable: 'p'.repeat(100_000) },
  };
  const entities = entitiesOf(decode(event))(0);
  expect(Entities.parse(entities)).toEqual(entities);
  expect(entities.user?.startsWith('a\ufffdb\ufffdx')).toBe(true);
  expect(entities.host).toBeUndefined();
});

test('text is cut without half a character at its end', () => {
  expect(boundedText('ab\ud83d\ude00', 3)).toBe('ab\ufffd');
  expect(boundedText('abc', 3)).toBe('abc');
});
