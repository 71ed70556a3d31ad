/** What the command's exit code says. */
export const exitCodes = {
  ok: 0,
  /** The command ran and what it was asked for did not succeed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The configuration (environment variables) is wrong. */
  config: 78,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Something a person has to know: its message is printed as it is, without a stack trace, and the command ends with `exitCode`. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: { cause?: unknown; exitCode?: ExitCode } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** The message of anything that was thrown or that tells of an error, such as an event or a GraphQL error. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}

/** Ends the command with an exit code when everything that is to be said has been said. */
export class ExitSignal extends Error {
  override readonly name = 'ExitSignal';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
