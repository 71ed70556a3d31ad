import type { IncomingMessage } from 'node:http';

/**
 * The address a request came from. Behind `trustedHops` proxies of our own it is the entry of X-Forwarded-For that the
 * outermost of them wrote; what stands before that is the caller's word and is not believed.
 */
export function remoteAddressOf(request: IncomingMessage, trustedHops: number): string {
  const peer = request.socket.remoteAddress ?? 'unknown';
  if (trustedHops === 0) return peer;
  const header = request.headers['x-forwarded-for'];
  const forwarded = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const address = forwarded.at(-trustedHops) ?? forwarded[0];
  return address === undefined || address.length > 64 ? peer : address;
}
