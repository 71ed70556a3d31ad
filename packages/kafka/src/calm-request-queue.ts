import { createRequire } from 'node:module';

/** The parts of kafkajs' request queue (one per connection) that its timer is about. */
interface RequestQueue {
  pending: { readonly length: number };
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const checkIntervalMs = 10;

/**
 * kafkajs 2.2.4 keeps a timer of one millisecond running on every connection, also when nothing waits
 * (https://github.com/tulios/kafkajs/issues/1751), and Node warns about its negative delay. Requests that wait are the
 * only reason for the timer; without them it is not set.
 */
export function calmRequestQueue(): void {
  const found: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  if (typeof found !== 'function') return;
  const queue = found.prototype as RequestQueue;
  queue.scheduleCheckPendingRequests = function schedule(this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(checkIntervalMs, this.throttledUntil - Date.now()),
    );
  };
}
