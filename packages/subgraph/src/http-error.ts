/** A request that ends before any GraphQL of it runs, with the HTTP status to say so. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, opts: ErrorOptions = {}) {
    super(message, opts);
    this.status = status;
    this.code = code;
  }
}
