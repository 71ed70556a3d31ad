export type SubgraphFailureReason = 'breaker_open' | 'connection' | 'timeout' | 'status' | 'malformed';

/** A subgraph gave no usable GraphQL answer. Errors inside a GraphQL answer are not failures of this kind. */
export class SubgraphFailure extends Error {
  readonly subgraph: string;
  readonly reason: SubgraphFailureReason;
  /** The request cannot have reached a resolver, or may be repeated because it only reads. */
  readonly retryable: boolean;

  constructor(
    subgraph: string,
    reason: SubgraphFailureReason,
    options: { detail: string; retryable: boolean; cause?: unknown },
  ) {
    super(`Subgraph ${subgraph}: ${options.detail}`, { cause: options.cause });
    this.name = 'SubgraphFailure';
    this.subgraph = subgraph;
    this.reason = reason;
    this.retryable = options.retryable;
  }
}
