/** Why the lake could not do something. */
export const lakeErrorCodes = ['CLOSED', 'DAMAGED', 'INVALID_QUERY', 'ABORTED', 'BUSY', 'FAILED'] as const;
export type LakeErrorCode = (typeof lakeErrorCodes)[number];

/** Every error this package throws on purpose; file system errors pass through with Node's codes. */
export class LakeError extends Error {
  override readonly name = 'LakeError';
  readonly code: LakeErrorCode;

  constructor(code: LakeErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Whether a file system error has this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
