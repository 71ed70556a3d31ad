import { describe, expect, it } from 'vitest';
import type { GraphqlClient } from '../api/graphql-client.ts';
import { intrusions } from '../capture/generate-capture.ts';
import { createTerminal } from '../terminal/terminal.ts';
import { anAlert } from '../testing/an-alert.ts';
import { createDeliveryLog, fetchAlerts } from './alert-log.ts';
import { createLatencyRecord } from './latency.ts';
import { settle } from './settle.ts';
import { tellStories } from './stories.ts';
import { printStories, printSummary } from './summary.ts';

function recorder() {
  const lines: string[] = [];
  const stream = { write: (text: string | Uint8Array) => lines.push(String(text)) > 0 };
  return { lines, terminal: createTerminal({ out: stream, err: stream, env: {} }) };
}

describe('stories', () => {
  const steps = intrusions.flatMap((intrusion) => intrusion.steps);
  const all = steps.map((step, index) =>
    anAlert({
      id: `alert-${index}`,
      rule: { ...anAlert().rule, id: step.rule },
      entities: { ...anAlert().entities, host: step.about.toUpperCase() },
    }),
  );

  it('find the alert of each step by its rule and what it is about', () => {
    const stories = tellStories(intrusions, all);
    expect(stories.map(({ missed }) => missed)).toEqual([0, 0, 0]);
    const { lines, terminal } = recorder();
    printStories(stories, terminal);
    expect(lines.join('')).toContain(`all ${intrusions[0]?.steps.length} steps seen`);
  });

  it('count a step as missed when the alert is about something else', () => {
    const elsewhere = all.map((alert, index) =>
      index === 0 ? { ...alert, entities: { ...alert.entities, host: 'other' } } : alert,
    );
    const stories = tellStories(intrusions, elsewhere);
    expect(stories.map(({ missed }) => missed)).toEqual([1, 0, 0]);
    const { lines, terminal } = recorder();
    printStories(stories, terminal);
    expect(lines.join('')).toContain('MISSED');
    expect(lines.join('')).toContain(`no alert of rule ${steps[0]?.rule}`);
  });
});

describe('latency', () => {
  it('has percentiles of what was measured', () => {
    const record = createLatencyRecord();
    expect(record.percentile(0.5)).toBeUndefined();
    for (let ms = 100; ms >= 1; ms--) record.add(ms);
    expect([0.5, 0.99, 1].map((share) => record.percentile(share))).toEqual([50, 99, 100]);
    expect(record.count).toBe(100);
  });
});

describe('deliveries', () => {
  it('are held against the alerts that are kept', async () => {
    const log = createDeliveryLog(() => Date.parse('2026-01-15T09:30:01.250Z'));
    const next = log.next();
    expect(log.add(anAlert())).toBe(250);
    await next;
    expect(log.size).toBe(1);
    expect(log.missingOf([anAlert(), anAlert({ id: 'alert-2' })]).map(({ id }) => id)).toEqual(['alert-2']);
  });

  it('are compared with every page of alerts', async () => {
    const pages = [
      { nodes: [anAlert({ id: 'a' })], pageInfo: { hasNextPage: true, endCursor: 'x' } },
      { nodes: [anAlert({ id: 'b' })], pageInfo: { hasNextPage: false, endCursor: 'y' } },
    ];
    const asked: unknown[] = [];
    const client: GraphqlClient = {
      async query(schema, _, variables) {
        asked.push(variables);
        return schema.parse({ alerts: pages.shift() });
      },
    };
    expect((await fetchAlerts(client)).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(asked).toEqual([{ after: null }, { after: 'x' }]);
  });
});

describe('settling', () => {
  const lag = (committed: number | null, end: number) => [
    { topic: 't', partition: 0, committed, end, lag: committed === null ? 0 : end - committed },
  ];
  const signal = new AbortController().signal;

  it('waits until every consumer has read everything, in order', async () => {
    const asked: string[] = [];
    const answers = [lag(null, 5), lag(3, 5), lag(5, 5)];
    const waited: number[] = [];
    await settle({
      kafka: {
        async groupLag(group) {
          asked.push(group);
          return answers.shift() ?? lag(null, 0);
        },
      },
      stalledMs: 10_000,
      signal,
      onWaiting: (_, records) => waited.push(records),
    });
    expect(waited).toEqual([5, 2]);
    expect(asked).toEqual([
      'parapet-processor',
      'parapet-processor',
      'parapet-processor',
      'parapet-threats',
      'parapet-assets',
      'parapet-events-dlq',
    ]);
  });

  it('says who stands still', async () => {
    await expect(
      settle({ kafka: { groupLag: async () => lag(1, 8) }, stalledMs: 50, signal, onWaiting: () => {} }),
    ).rejects.toThrow(/7 records of parapet\.events\.raw wait .*parapet-processor/);
  });
});

describe('summary', () => {
  it('names every figure', () => {
    const latency = createLatencyRecord();
    latency.add(300);
    const { lines, terminal } = recorder();
    printSummary(
      {
        records: 20_048,
        bytes: 10_500_000,
        events: 20_041,
        deadLetters: [{ reason: 'invalid_json', count: 7 }],
        processingMs: 5000,
        alerts: [anAlert(), anAlert({ severity: 'low' }), anAlert({ severity: 'low' })],
        latency,
      },
      terminal,
    );
    const text = lines.join('');
    expect(text).toContain('20,048 (10.5 MB)');
    expect(text).toContain('20,041, 4,008 events/s');
    expect(text).toContain('7: invalid_json 7');
    expect(text).toContain('3: high 1, low 2');
    expect(text).toContain('p50 300 ms, p99 300 ms');
  });
});
