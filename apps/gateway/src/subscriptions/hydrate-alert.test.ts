import { GraphQLError, getOperationAST, parse } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { gatewayError } from '../errors.ts';
import type { FederationResult } from '../federation/federation.ts';
import { createHydrateAlert } from './hydrate-alert.ts';
import { toHydrationQuery } from './hydration-query.ts';

const document = parse('subscription($n: Int) { raised: alertRaised { events(first: $n) } }');
const operation = getOperationAST(document);
if (operation == null) throw new Error('no operation');
const query = toHydrationQuery(document, operation, { n: 2 });

function start(...answers: FederationResult[]) {
  const execute = vi.fn(
    async (_request: { variables: unknown; fetch: { principal: unknown } }) => answers.shift() ?? {},
  );
  const hydrate = createHydrateAlert({
    federation: { execute },
    timeoutMs: 1_000,
    newRequestId: () => 'r',
    retryDelaysMs: [0, 0],
    signal: new AbortController().signal,
  });
  return { execute, hydrate: () => hydrate(query, 'a1', ['threats:read']) };
}
const found = { data: { raised: { id: 'a1' } } };
const away = { data: { raised: null }, errors: [gatewayError('SUBGRAPH_UNAVAILABLE', 'away')] };

describe('createHydrateAlert', () => {
  it("asks as a service of the subscribers' scopes", async () => {
    const { hydrate, execute } = start(found);
    expect(await hydrate()).toBe(found);
    expect(execute.mock.calls[0]?.[0]).toMatchObject({
      variables: { n: 2, alertId: 'a1' },
      fetch: { principal: { subject: 'gateway', kind: 'service', scopes: ['threats:read'] } },
    });
  });

  it('gives nothing for an alert that is gone', async () => {
    expect(await start({ data: { raised: null } }).hydrate()).toBeUndefined();
  });

  it('asks again while whoever owns alerts is away', async () => {
    const { hydrate, execute } = start(away, found);
    expect(await hydrate()).toBe(found);
    expect(execute).toHaveBeenCalledTimes(2);
  });

  it('tells after some attempts that it is away still', async () => {
    const { hydrate, execute } = start(away, away, away);
    expect(await hydrate()).toBe(away);
    expect(execute).toHaveBeenCalledTimes(3);
  });

  it('does not ask again when only a part is missing, or when asking is no use', async () => {
    const partial = { ...found, errors: away.errors };
    expect(await start(partial).hydrate()).toBe(partial);
    const refused = {
      data: { raised: null },
      errors: [new GraphQLError('no', { extensions: { code: 'FORBIDDEN' } })],
    };
    const { hydrate, execute } = start(refused);
    expect(await hydrate()).toBe(refused);
    expect(execute).toHaveBeenCalledTimes(1);
  });
});
