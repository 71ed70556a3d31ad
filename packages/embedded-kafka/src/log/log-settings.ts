/** When bytes written are forced to the disk (fdatasync): never, by a timer, or before each acknowledgement. */
export type FsyncPolicy = 'never' | 'interval' | 'always';

export interface LogSettings {
  readonly segmentBytes: number;
  /** A segment is closed at this age in milliseconds, so that retention can delete it. */
  readonly segmentMs: number;
  /** Milliseconds since the last append to a segment; -1: no limit. */
  readonly retentionMs: number;
  /** Bytes of a partition; -1: no limit. */
  readonly retentionBytes: number;
}
