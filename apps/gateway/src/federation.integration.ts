import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  startTestGateway,
  type TestGateway,
  testTokens,
} from './testing/index.ts';

let office: OfficeSubgraphs;
let gateway: TestGateway;

beforeAll(async () => {
  office = await startOfficeSubgraphs();
  gateway = await startTestGateway(office.sources);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

describe('federation', () => {
  it('joins what three subgraphs know of an alert in one answer', async () => {
    const { status, body } = await gateway.post(
      {
        query: `query Join($id: ID!) {
          alert(id: $id) { title asset { name openAlertCount events(first: 1) { edges { node { id source } } } } }
        }`,
        variables: { id: 'a2' },
      },
      { token: testTokens.reader },
    );
    expect(body).toEqual({
      data: {
        alert: {
          title: 'Alert 2',
          asset: {
            name: 'host-h2',
            openAlertCount: 1,
            events: { edges: [{ node: { id: 'h2-e0', source: 'zeek' } }] },
          },
        },
      },
    });
    expect(status).toBe(200);
  });
});
