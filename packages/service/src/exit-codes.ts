/** The exit codes of a service, for supervisors. */
export const exitCodes = { ok: 0, crash: 1, config: 78, interrupted: 130 } as const;
