import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether the process runs. One that has ended and that its parent has not taken note of (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = readProcessStat(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/** Waits until the process is gone; false when it still is there after `ms`. */
export async function waitUntilGone(pid: number, ms: number): Promise<boolean> {
  const endsAt = performance.now() + ms;
  while (isAlive(pid)) {
    if (performance.now() > endsAt) return false;
    await delay(20);
  }
  return true;
}

/** When the process began, in the kernel's own count, which tells apart processes that had the same id; empty where the kernel does not say. */
export function beganAt(pid: number): string {
  return readProcessStat(pid)?.[19] ?? '';
}

/** The fields of /proc/PID/stat from the third (the state) on; undefined where there is none. */
function readProcessStat(pid: number): string[] | undefined {
  try {
    // The name in the second field may hold spaces and parentheses: count from its end.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch {
    return undefined;
  }
}
