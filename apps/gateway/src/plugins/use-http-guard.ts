import type { Plugin } from 'graphql-yoga';
import { gatewayError } from '../errors.ts';
import type { GatewayServerContext } from '../gateway-context.ts';
import { maskError } from '../mask-result.ts';
import { toRequestId } from '../request-id.ts';

/** Browsers send these only after a preflight, which a foreign page does not pass. */
const preflightedHeaders = ['authorization', 'apollo-require-preflight', 'x-requested-with', 'x-request-id'];

/** Sent with every answer; the page of GraphiQL needs scripts, so it gets a policy of its own. */
const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Refuses requests a foreign web page can make a browser send, and sets the security headers of every answer. */
export function useHttpGuard(options: { corsAllowed: boolean }): Plugin<object, GatewayServerContext> {
  return {
    onRequest({ request, url, fetchAPI, endResponse, serverContext }) {
      const problem = findProblem(request, url);
      if (problem === undefined) return;
      const error = maskError(gatewayError('BAD_REQUEST', problem.message), {
        requestId: serverContext.requestId ?? toRequestId(undefined),
        log: silent,
      });
      const { http: _, ...extensions } = error.extensions;
      endResponse(
        fetchAPI.Response.json(
          { errors: [{ message: error.message, extensions }] },
          { status: problem.status, headers: problem.headers },
        ),
      );
    },
    onResponse({ response }) {
      const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false;
      for (const [name, value] of Object.entries(securityHeaders)) {
        if (isPage && name === 'content-security-policy') continue;
        if (options.corsAllowed && name === 'cross-origin-resource-policy') continue;
        response.headers.set(name, value);
      }
    },
  };
}

const silent = { error: () => undefined, warn: () => undefined };

interface Problem {
  readonly status: number;
  readonly message: string;
  readonly headers: Record<string, string>;
}

function findProblem(request: Request, url: URL): Problem | undefined {
  if (url.pathname !== '/graphql') {
    return { status: 404, message: 'There is nothing here. The endpoint is /graphql.', headers: {} };
  }
  if (request.method === 'POST') {
    const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (type === 'application/json') return undefined;
    return { status: 415, message: 'POST a body of content type application/json.', headers: {} };
  }
  if (request.method === 'GET') {
    const isPage = request.headers.get('accept')?.includes('text/html') && !url.searchParams.has('query');
    if (isPage || preflightedHeaders.some((name) => request.headers.has(name))) return undefined;
    return {
      status: 400,
      message: `A GET request needs one of the headers ${preflightedHeaders.join(', ')}.`,
      headers: {},
    };
  }
  if (request.method === 'OPTIONS') return undefined;
  return { status: 405, message: 'Use POST or GET.', headers: { allow: 'GET, POST, OPTIONS' } };
}
