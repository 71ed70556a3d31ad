import { formatCount, formatDuration } from '../terminal/duration.ts';

export interface Progress {
  readonly bytes: number;
  /** Bytes of all inputs; undefined when that is not known. */
  readonly totalBytes: number | undefined;
  readonly events: number;
  readonly matches: number;
  /** Since the first byte. */
  readonly elapsedMs: number;
}

const barLength = 20;

/** What is left is told when the threads have long started and enough is done to tell from. */
const tellsLeft = (share: number, elapsedMs: number): boolean =>
  share < 1 && elapsedMs >= 3000 && (share >= 0.05 || elapsedMs >= 30_000);

/** One line of at most 110 characters: how far a hunt is, how fast, and how long it will take. */
export function progressLine({ bytes, totalBytes, events, matches, elapsedMs }: Progress): string {
  const seconds = Math.max(0.001, elapsedMs / 1000);
  const figures = `${formatCount(events)} events, ${formatCount(events / seconds)}/s, ${formatCount(matches)} matches`;
  if (totalBytes === undefined || totalBytes === 0) return `${megabytes(bytes)}  ${figures}`;
  const share = Math.min(1, bytes / totalBytes);
  const done = Math.round(share * barLength);
  const bar = `[${'#'.repeat(done)}${'-'.repeat(barLength - done)}]`;
  const left =
    share > 0 && tellsLeft(share, elapsedMs)
      ? `, ${formatDuration((elapsedMs / share) * (1 - share))} left`
      : '';
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)}% of ${megabytes(totalBytes)}  ${figures}${left}`;
}

/** Bytes for people: `684.5 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
