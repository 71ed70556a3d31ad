/** Who a token stands for, and until when. */
export interface Principal {
  /** `key:<id>` for an API key, the `sub` claim for a JWT. */
  readonly subject: string;
  readonly kind: 'api_key' | 'user' | 'service';
  /** With what `admin` implies already added. */
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch after which the token no longer holds. */
  readonly expiresAt?: number;
}
