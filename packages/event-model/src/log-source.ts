/** A Sigma log source: what kind of log an event is. Absent parts match nothing but rules that do not name them. */
export interface LogSource {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
}
