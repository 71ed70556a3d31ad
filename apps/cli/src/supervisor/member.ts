/** How a running part of the platform ended. */
export interface MemberExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A part of the platform that is up and ready. */
export interface RunningMember {
  readonly pid: number;
  /** Resolves when it ends, by `stop` or by itself. */
  readonly exited: Promise<MemberExit>;
  /** Ends it in order; by force when it has not ended after its deadline. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** A part of the platform: how it is called and how it is started. `launch` resolves when it is ready. */
export interface Member {
  readonly name: string;
  launch(signal: AbortSignal): Promise<RunningMember>;
}

/** A start that would fail the same way again: trying again helps nobody. */
export class FatalStartError extends Error {
  override readonly name = 'FatalStartError';
}
