import { createDetector, createEngine, type EngineParts } from '@parapet/detection';
import type { Enrichment } from '@parapet/enrichment';
import { createDecoder, type Decoder, type RawRecord } from '@parapet/event-model';
import { undecodableHeader } from '@parapet/kafka';
import { compileRules, parseRules } from '@parapet/sigma';
import { describe, expect, it } from 'vitest';
import { type AnalyseDeps, analyse } from './analyse.ts';

const rules = compileRules([]);

function aRecord(offset: number, over: Partial<RawRecord> = {}): RawRecord {
  const event = {
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    SourceName: 'Microsoft-Windows-Sysmon',
    EventID: 1,
    UtcTime: '2024-05-01 10:00:00.123',
    Hostname: 'ws01',
    CommandLine: `n ${offset}`,
  };
  return {
    topicId: 't',
    partition: 0,
    offset,
    timestamp: 1,
    value: Buffer.from(JSON.stringify(event)),
    headers: {},
    ...over,
  };
}

function buildDeps(parts: Partial<EngineParts<Enrichment>> = {}): AnalyseDeps & { faults: number[] } {
  const faults: number[] = [];
  return {
    engine: createEngine({
      decoder: createDecoder({ fields: (logSources) => rules.forLogSources(logSources).fields }),
      detector: createDetector(rules),
      ...parts,
    }),
    onFault: ({ offset }) => faults.push(offset),
    faults,
  };
}

/** A decoder that breaks on records with these offsets. */
function breakingOn(...offsets: number[]): Decoder {
  const inner = createDecoder({ fields: (logSources) => rules.forLogSources(logSources).fields });
  return {
    ...inner,
    decode(records) {
      if (records.some(({ offset }) => offsets.includes(offset))) throw new Error('a fault of ours');
      return inner.decode(records);
    },
  };
}

describe('analysis', () => {
  it('counts the events of several sources in one finding, in the order of the log', () => {
    const set = compileRules(
      parseRules(
        `title: A shell
id: 11111111-1111-4111-8111-111111111111
logsource: { product: windows, category: process_creation }
detection: { selection: { CommandLine|contains: curl }, condition: selection }
`,
      ).rules,
    );
    const curl = {
      CommandLine: 'curl http://192.0.2.1',
      Hostname: 'ws01',
      UtcTime: '2024-05-01 10:00:00.123',
    };
    const sysmon = { ...curl, Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1 };
    const security = {
      ...curl,
      Channel: 'Security',
      SourceName: 'Microsoft-Windows-Security-Auditing',
      EventID: 4688,
      NewProcessName: 'C:\\curl.exe',
    };
    const value = (...events: object[]) =>
      Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    const records = Array.from({ length: 10 }, (_, offset) =>
      aRecord(offset, { value: value(offset % 2 === 0 ? security : sysmon) }),
    );
    const both = aRecord(10, { value: value(security, sysmon, security) });
    const { findings, rows } = analyse(
      [...records, both],
      buildDeps({
        decoder: createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields }),
        detector: createDetector(set),
      }),
    );
    expect(new Set(rows.map(({ source }) => source)).size).toBe(2);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.matches.map(([offset, events]) => [offset, events])).toEqual([
      ...records.map(({ offset }) => [offset, 1]),
      [10, 3],
    ]);
    expect(findings[0]?.evidence.map(({ origin }) => origin.offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('gives rows in the order of the log, whatever their sources', () => {
    const zeek = Buffer.from(
      JSON.stringify({
        ts: 1714557600,
        uid: 'C1',
        'id.orig_h': '10.0.0.1',
        'id.resp_h': '10.0.0.2',
        'id.orig_p': 1,
        'id.resp_p': 2,
        proto: 'tcp',
        conn_state: 'SF',
      }),
    );
    const records = [
      aRecord(0),
      aRecord(1, { value: zeek }),
      aRecord(2),
      aRecord(3, { value: zeek }),
      aRecord(4),
    ];
    const { rows } = analyse(records, buildDeps());
    expect(rows.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(rows.map(({ source }) => source)).size).toBe(2);
  });

  it('rejects only the records that a fault of ours is about, and says so', () => {
    const deps = buildDeps({ decoder: breakingOn(3, 17) });
    const { rows, rejected } = analyse(
      Array.from({ length: 20 }, (_, offset) => aRecord(offset)),
      deps,
    );
    expect(rows).toHaveLength(18);
    expect(rejected.map(({ record, reason }) => [record.offset, reason])).toEqual([
      [3, 'internal_error'],
      [17, 'internal_error'],
    ]);
    expect(deps.faults).toEqual([3, 17]);
  });

  it('takes a fault in detection the same way', () => {
    const inner = createDetector(rules);
    const { rows, rejected } = analyse(
      [aRecord(0), aRecord(1), aRecord(2)],
      buildDeps({
        detector: {
          detect(batch) {
            for (let row = 0; row < batch.length; row++)
              if (batch.origin(row).offset === 1) throw new Error('no');
            return inner.detect(batch);
          },
        },
      }),
    );
    expect(rows.map(({ offset }) => offset)).toEqual([0, 2]);
    expect(rejected).toMatchObject([{ reason: 'internal_error', bytes: aRecord(1).value }]);
  });

  it('rejects records whose Kafka batch did not unpack, and other empty records as empty', () => {
    const { rejected } = analyse(
      [
        aRecord(0, { value: null, headers: { [undecodableHeader]: 'bad zstd' } }),
        aRecord(1, { value: null }),
      ],
      buildDeps(),
    );
    expect(rejected.map(({ reason }) => reason)).toEqual(['damaged_batch', 'empty_record']);
    expect(rejected[0]?.detail).toContain('bad zstd');
  });

  it('keeps every text searchable when the raw JSON does not read as it is', () => {
    const escaped = Buffer.from(aRecord(0).value ?? '')
      .toString()
      .replace('ws01', 'w\\u00fcrzburg');
    const { rows } = analyse([aRecord(0, { value: Buffer.from(escaped) })], buildDeps());
    expect(rows[0]?.message).toContain('würzburg');
  });
});
