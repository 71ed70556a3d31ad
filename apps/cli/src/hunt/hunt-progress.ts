import { plural } from '../terminal/plural.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { HuntInput } from './hunt-inputs.ts';
import { progressLine } from './progress-line.ts';
import type { HuntOutcome } from './run-hunt.ts';

const progressMs = 100;

/** Tells on the terminal how far a hunt is, when `isShown`, and in any case when it was interrupted. */
export function createProgress(terminal: Terminal, inputs: readonly HuntInput[], isShown: boolean) {
  const startedAt = performance.now();
  const sizes = inputs.map(({ size }) => size);
  const totalBytes = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  // The first line waits for what it can tell something about.
  let shownAt = startedAt;
  let eventsRead = 0;
  const lineOf = ({ events, matches }: HuntOutcome['totals'], bytes: number): string =>
    progressLine({ bytes, totalBytes, events, matches, elapsedMs: performance.now() - startedAt });
  return {
    show(totals: HuntOutcome['totals'], bytes: number): void {
      eventsRead = totals.events;
      const now = performance.now();
      if (!isShown || now - shownAt < progressMs) return;
      shownAt = now;
      terminal.progress(lineOf(totals, bytes));
    },
    /** The last line says what the summary says, where there was a line at all. */
    finish({ totals, bytes }: HuntOutcome): void {
      if (shownAt > startedAt) terminal.progress(lineOf(totals, bytes), true);
    },
    /** Says what became of a hunt that was stopped; not to a reader of a pipe that has left, who wanted no more. */
    interrupted(reason: unknown, isPrinted: boolean): void {
      if ((reason as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return;
      terminal.note(
        `Interrupted: ${plural(eventsRead, 'event')} read, ${isPrinted ? 'the matches in them are written' : 'nothing written'}.`,
      );
    },
  };
}
