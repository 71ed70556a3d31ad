import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string) =>
  (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(name));

describe('createMetrics', () => {
  it('counts with and without labels; closed labels are seen at 0 from the start', async () => {
    const metrics = createMetrics('probe');
    const plain = metrics.counter({ name: 'parapet_plain_total', help: 'Plain.' });
    const dropped = metrics.counter({
      name: 'parapet_dropped_total',
      help: 'Dropped.',
      labels: { reason: ['late', 'broken'] },
    });
    plain.inc();
    plain.inc(4);
    dropped.inc({ reason: 'late' }, 3);
    // @ts-expect-error: not one of the values of the label
    dropped.inc({ reason: 'anything' });
    expect(await linesOf(metrics, 'parapet_plain_total')).toEqual(['parapet_plain_total{service="probe"} 5']);
    expect(await linesOf(metrics, 'parapet_dropped_total')).toEqual([
      'parapet_dropped_total{reason="late",service="probe"} 3',
      'parapet_dropped_total{reason="broken",service="probe"} 0',
      'parapet_dropped_total{reason="other",service="probe"} 1',
    ]);
  });

  it('keeps at most the stated number of values of a bounded label apart', async () => {
    const metrics = createMetrics('probe');
    const read = metrics.counter({
      name: 'parapet_read_total',
      help: 'Read.',
      labels: { partition: { maxValues: 2 } },
    });
    for (const partition of [0, 1, 2, 3, 1]) read.inc({ partition });
    expect(await linesOf(metrics, 'parapet_read_total')).toEqual([
      'parapet_read_total{partition="0",service="probe"} 1',
      'parapet_read_total{partition="1",service="probe"} 2',
      'parapet_read_total{partition="other",service="probe"} 2',
    ]);
  });

  it('sets gauges, also when they are read, and observes histograms', async () => {
    const metrics = createMetrics('probe');
    const open = metrics.gauge({ name: 'parapet_open', help: 'Open.' });
    open.set(5);
    open.inc();
    open.dec(2);
    metrics.gauge({
      name: 'parapet_size',
      help: 'Size.',
      collect: (set) => set(9),
    });
    const took = metrics.histogram({
      name: 'parapet_took_seconds',
      help: 'Took.',
      buckets: [0.1, 1],
      labels: { kind: ['a'] },
    });
    took.observe({ kind: 'a' }, 0.5);
    expect(await linesOf(metrics, 'parapet_open')).toEqual(['parapet_open{service="probe"} 4']);
    expect(await linesOf(metrics, 'parapet_size')).toEqual(['parapet_size{service="probe"} 9']);
    expect(await linesOf(metrics, 'parapet_took_seconds_bucket')).toEqual([
      'parapet_took_seconds_bucket{le="0.1",service="probe",kind="a"} 0',
      'parapet_took_seconds_bucket{le="1",service="probe",kind="a"} 1',
      'parapet_took_seconds_bucket{le="+Inf",service="probe",kind="a"} 1',
    ]);
  });

  it('tells of the process and of what is running', async () => {
    const metrics = createMetrics('probe', { version: '1.2.3' });
    expect(await linesOf(metrics, 'parapet_build_info')).toEqual([
      `parapet_build_info{version="1.2.3",node="${process.versions.node}",service="probe"} 1`,
    ]);
    expect(await linesOf(metrics, 'parapet_process_resident_memory_bytes')).toHaveLength(1);
  });

  it('shows one page for several threads: sums of counters and histograms, gauges as each says', async () => {
    const main = createMetrics('probe', { version: '1.2.3' });
    main.counter({ name: 'parapet_done_total', help: 'Done.' }).inc(1);
    for (const value of [2, 5]) {
      const thread = createMetrics('probe', { part: 'thread' });
      thread.counter({ name: 'parapet_done_total', help: 'Done.' }).inc(value);
      thread.gauge({ name: 'parapet_held_bytes', help: 'Held.' }).set(value);
      thread.gauge({ name: 'parapet_oldest_seconds', help: 'Oldest.', merge: 'max' }).set(value);
      const labels = { thread: { maxValues: 9 } };
      thread.gauge({ name: 'parapet_busy', help: 'Busy.', labels }).set({ thread: value }, 1);
      thread.histogram({ name: 'parapet_took_seconds', help: 'Took.', buckets: [3] }).observe(value);
      main.include(async () => structuredClone(await thread.snapshot()));
    }
    const page = await main.page();
    for (const line of [
      'parapet_done_total{service="probe"} 8',
      'parapet_held_bytes{service="probe"} 7',
      'parapet_oldest_seconds{service="probe"} 5',
      'parapet_busy{thread="2",service="probe"} 1',
      'parapet_busy{thread="5",service="probe"} 1',
      'parapet_took_seconds_bucket{le="3",service="probe"} 1',
      'parapet_took_seconds_bucket{le="+Inf",service="probe"} 2',
      'parapet_took_seconds_sum{service="probe"} 7',
      `parapet_build_info{version="1.2.3",node="${process.versions.node}",service="probe"} 1`,
    ])
      expect(page).toContain(`${line}\n`);
    expect(page).toMatch(/^# TYPE parapet_took_seconds histogram$/m);
    expect(page).toMatch(/^# TYPE parapet_done_total counter$/m);
    expect(page).toMatch(/^parapet_process_start_time_seconds\{service="probe"\} [1-9]/m);
  });

  it('keeps what a thread last answered when it answers no more, so that no counter goes back', async () => {
    const main = createMetrics('probe');
    const thread = createMetrics('probe', { part: 'thread' });
    thread.counter({ name: 'parapet_done_total', help: 'Done.' }).inc(4);
    let gone = false;
    main.include(() => (gone ? Promise.reject(new Error('gone')) : thread.snapshot()));
    expect(await main.page()).toContain('parapet_done_total{service="probe"} 4\n');
    gone = true;
    expect(await main.page()).toContain('parapet_done_total{service="probe"} 4\n');
  });
});
