import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openAlertStream } from './alert-stream.ts';
import { createGraphqlClient } from './graphql-client.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** An endpoint that answers every request the same. */
async function endpoint(status: number, body: string): Promise<{ url: string; authorizations: unknown[] }> {
  const authorizations: unknown[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, authorizations };
}

const Count = z.object({ eventCount: z.number() });
const ask = (url: string) => createGraphqlClient({ url, token: 'secret' }).query(Count, '{ eventCount }');

describe('GraphQL client', () => {
  it('sends the token and checks the answer', async () => {
    const { url, authorizations } = await endpoint(200, '{"data":{"eventCount":3}}');
    expect(await ask(url)).toEqual({ eventCount: 3 });
    expect(authorizations).toEqual(['Bearer secret']);
  });

  it.each([
    [200, '{"errors":[{"message":"no such field"}]}', 'refused the query: no such field'],
    [200, '{"data":{"eventCount":"many"}}', 'answered something unexpected'],
    [502, '<html>', 'HTTP status 502 and no GraphQL'],
  ])('says what is wrong with the answer %i %s', async (status, body, message) => {
    const { url } = await endpoint(status, body);
    await expect(ask(url)).rejects.toThrow(message);
  });

  it('says so when nobody answers', async () => {
    await expect(ask('http://127.0.0.1:1/graphql')).rejects.toThrow(
      /cannot be reached: .*Is Parapet running/,
    );
  });
});

describe('alert stream', () => {
  it('fails at once where there is no platform', async () => {
    const stream = openAlertStream({
      url: 'http://127.0.0.1:1/graphql',
      token: 'x',
      retries: 30,
      onAlert: () => {},
    });
    await expect(stream.connected).rejects.toThrow(/ECONNREFUSED.*Is Parapet running/);
    await expect(stream.failed).rejects.toThrow('ECONNREFUSED');
    await stream.close();
  });

  it('fails at once where the endpoint takes no WebSockets', async () => {
    const { url } = await endpoint(404, 'nothing here');
    const stream = openAlertStream({ url, token: 'x', onAlert: () => {} });
    await expect(stream.connected).rejects.toThrow('404');
    await stream.close();
  });
});
