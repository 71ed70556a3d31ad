import { type FSWatcher, watch } from 'node:fs';
import type { RuleReloader } from './rule-reloader.ts';

export interface RuleWatch {
  /** Reads the rules again now, changed or not. */
  reload(): void;
  /** Looks no more; what a look under way finds is for the reloader to leave. */
  stop(): void;
}

/** Where files are being written, or were a moment ago, the next look is this far away. */
const soonMs = 300;
const maxWatchedFolders = 1_000;
/** A look at thousands of files takes a tenth of a second of work: looks together take at most this share of the time. */
const maxShare = 0.01;
/** The same where the system says that something changed: other files of the folder may change all the time. */
const maxNoticedShare = 0.1;

/**
 * Looks at the rule files every `intervalMs` (0 = only when asked to). The system's notices make that look come sooner;
 * nothing depends on them, since not every file system has them.
 */
export function startRuleWatch(
  reloader: Pick<RuleReloader, 'look' | 'force' | 'folders'>,
  intervalMs: number,
): RuleWatch {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let looking = false;
  let stopped = false;
  let noticesFrom = 0;

  function schedule(inMs: number): void {
    const at = performance.now() + inMs;
    if (stopped || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(run, inMs);
  }

  function run(): void {
    dueAt = Number.POSITIVE_INFINITY;
    if (looking) schedule(soonMs);
    else void look();
  }

  async function look(): Promise<void> {
    looking = true;
    const startedAt = performance.now();
    const outcome = await reloader.look();
    looking = false;
    const tookMs = performance.now() - startedAt;
    noticesFrom = performance.now() + tookMs / maxNoticedShare;
    if (intervalMs > 0 && !stopped) watchFolders();
    if (outcome === 'changing') schedule(soonMs);
    else if (intervalMs > 0)
      schedule(outcome === 'unchanged' ? Math.max(intervalMs, tookMs / maxShare) : intervalMs);
  }

  function watchFolders(): void {
    const folders = new Set(reloader.folders().slice(0, maxWatchedFolders));
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) if (!watchers.has(folder)) watchFolder(folder);
  }

  function watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () =>
        schedule(Math.max(soonMs, noticesFrom - performance.now())),
      );
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
    } catch {
      // The folder is gone, or the system watches no more of them: the look that comes anyway is enough.
    }
  }

  if (intervalMs > 0) {
    watchFolders();
    schedule(intervalMs);
  }
  return {
    reload() {
      reloader.force();
      schedule(0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
