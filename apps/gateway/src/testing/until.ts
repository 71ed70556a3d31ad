import { setTimeout as delay } from 'node:timers/promises';

/** Resolves as soon as the condition holds; rejects when it has not after `timeoutMs`. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 5_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end)
      throw new Error(`The condition did not hold within ${timeoutMs} ms: ${condition}`);
    await delay(5);
  }
}
