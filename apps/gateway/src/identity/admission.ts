import { gatewayError } from '../errors.ts';
import type { Admission } from '../operation-context.ts';
import type { RateDecision, RateLimiter } from '../rate-limit/rate-limiter.ts';
import { parseBearer } from './bearer-token.ts';
import type { Principal } from './principal.ts';
import type { TokenCache } from './token-cache.ts';
import { IdentityUnavailableError, TokenError } from './token-error.ts';

export interface Caller {
  readonly requestId: string;
  /** The Authorization value as it came; undefined when there was none. */
  readonly authorization: unknown;
  readonly remoteAddress: string;
}

export interface Admitter {
  /**
   * Finds out who asks. Spends nothing of the identity's rate; a token that does not hold spends from the address's
   * bucket for failed log-ins.
   *
   * @throws GraphQLError UNAUTHENTICATED, RATE_LIMITED or SERVICE_UNAVAILABLE
   */
  identify(caller: Caller): Promise<Admission>;
  /** Takes one operation from the caller's rate. @throws GraphQLError RATE_LIMITED */
  spend(admission: Admission, remoteAddress: string): Promise<void>;
}

export interface AdmitterOptions {
  /** By the first part of a token it is told which cache checks it. */
  readonly verifierFor: (token: string) => TokenCache | undefined;
  readonly operations: RateLimiter;
  readonly failedLogins: RateLimiter;
  readonly onRefused?: (reason: 'token' | 'failed_logins' | 'rate' | 'unavailable') => void;
}

export function createAdmitter(options: AdmitterOptions): Admitter {
  const { verifierFor, operations, failedLogins, onRefused = () => undefined } = options;

  async function verify(token: string, remoteAddress: string): Promise<Principal> {
    const cache = verifierFor(token);
    const known = cache?.peek(token);
    if (known !== undefined) return known;
    // Asked before the token is: somebody who guesses must not load the database. Tokens seen to hold pass all the same, so
    // that one guesser behind a shared address does not lock out the others.
    const decision = await failedLogins.check(remoteAddress);
    if (!decision.allowed) {
      onRefused('failed_logins');
      throw rateLimited(decision, 'Too many failed log-ins from this address.');
    }
    try {
      if (cache === undefined) throw new TokenError('The token is not of a kind that is accepted here.');
      return await cache.verify(token);
    } catch (error) {
      if (error instanceof TokenError) await failedLogins.take(remoteAddress);
      throw error;
    }
  }

  return {
    async identify({ requestId, authorization, remoteAddress }) {
      try {
        const token = await parseCounted(authorization, remoteAddress, failedLogins);
        if (token === undefined) {
          return { requestId, principal: undefined, revalidate: async () => undefined };
        }
        const principal = await verify(token, remoteAddress);
        const revalidate = async () => await (verifierFor(token)?.verify(token) ?? principal);
        return { requestId, principal, revalidate };
      } catch (error) {
        if (error instanceof TokenError) {
          onRefused('token');
          throw gatewayError('UNAUTHENTICATED', error.message);
        }
        if (error instanceof IdentityUnavailableError) {
          onRefused('unavailable');
          throw gatewayError(
            'SERVICE_UNAVAILABLE',
            'The token cannot be checked at the moment. Try again in a few seconds.',
            { originalError: error, retryAfterSeconds: 5 },
          );
        }
        throw error;
      }
    },
    async spend({ principal }, remoteAddress) {
      const key =
        principal === undefined ? `address:${remoteAddress}` : `${principal.kind}:${principal.subject}`;
      const decision = await operations.take(key);
      if (decision.allowed) return;
      onRefused('rate');
      throw rateLimited(decision, 'Too many operations.');
    },
  };
}

async function parseCounted(
  authorization: unknown,
  remoteAddress: string,
  failedLogins: RateLimiter,
): Promise<string | undefined> {
  try {
    return parseBearer(authorization);
  } catch (error) {
    await failedLogins.take(remoteAddress);
    throw error;
  }
}

function rateLimited(decision: RateDecision, message: string) {
  const retryAfterSeconds = decision.allowed ? 1 : decision.retryAfterSeconds;
  return gatewayError('RATE_LIMITED', `${message} Try again in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
  });
}
