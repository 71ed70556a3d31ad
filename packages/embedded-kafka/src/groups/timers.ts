/** Time as the group coordinator sees it, so that tests can turn the clock. */
export interface Timers {
  now(): number;
  /** Calls back once after `ms`; the function returned cancels. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  now: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
