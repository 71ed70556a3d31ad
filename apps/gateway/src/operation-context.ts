import type { Principal } from './identity/principal.ts';

/** Who asks, from where, and under which id: decided once a request, before the operation is even parsed. */
export interface Admission {
  readonly requestId: string;
  /** Absent for a request without a token. */
  readonly principal: Principal | undefined;
  /** Asks again whether the token still holds; see Authenticator. */
  readonly revalidate: () => Promise<Principal | undefined>;
}

/** What the federation executor needs of a context: a hydration has one of its own making. */
export interface FetchContext {
  readonly requestId: string;
  readonly principal: Pick<Principal, 'subject' | 'kind' | 'scopes'> | undefined;
  readonly signal: AbortSignal;
  /** performance.now() at which the operation gives up. */
  readonly deadline: number;
}
