import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReloadOutcome } from './rule-reloader.ts';
import { type RuleWatch, startRuleWatch } from './rule-watch.ts';

const hour = 3_600_000;
let dir: string;
let watch: RuleWatch | undefined;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-watch-'));
});
afterEach(async () => {
  watch?.stop();
  await rm(dir, { recursive: true });
});

function aReloader(...outcomes: ReloadOutcome[]) {
  const look = vi.fn(async () => outcomes.shift() ?? ('unchanged' as const));
  return { look, force: vi.fn(), folders: () => [dir] };
}

describe('the watch over the rules', () => {
  it('looks at once when asked to, also where it never looks by itself', async () => {
    const reloader = aReloader();
    watch = startRuleWatch(reloader, 0);
    watch.reload();
    await vi.waitFor(() => expect(reloader.look).toHaveBeenCalledTimes(1));
    expect(reloader.force).toHaveBeenCalledTimes(1);
  });

  it('looks again and again', async () => {
    const reloader = aReloader();
    watch = startRuleWatch(reloader, 5);
    await vi.waitFor(() => expect(reloader.look.mock.calls.length).toBeGreaterThan(2));
  });

  it('looks again soon while files are being written', async () => {
    const reloader = aReloader('changing', 'changing', 'used');
    watch = startRuleWatch(reloader, hour);
    watch.reload();
    await vi.waitFor(() => expect(reloader.look).toHaveBeenCalledTimes(3), { timeout: 5_000 });
  });

  it('looks soon after the system says that something changed, long before its time', async () => {
    const reloader = aReloader();
    watch = startRuleWatch(reloader, hour);
    await writeFile(path.join(dir, 'a.yml'), 'title: a');
    await vi.waitFor(() => expect(reloader.look).toHaveBeenCalled(), { timeout: 5_000 });
  });

  it('does without folders that cannot be watched', () => {
    const reloader = { ...aReloader(), folders: () => [path.join(dir, 'gone')] };
    expect(() => {
      watch = startRuleWatch(reloader, hour);
    }).not.toThrow();
  });
});
