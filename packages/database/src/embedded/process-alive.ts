import { setTimeout as delay } from 'node:timers/promises';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
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
