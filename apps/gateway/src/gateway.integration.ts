import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  startTestGateway,
  testTokens,
  until,
} from './testing/index.ts';

let office: OfficeSubgraphs;

beforeAll(async () => {
  office = await startOfficeSubgraphs();
});
afterAll(() => office[Symbol.asyncDispose]());

describe('startGateway', () => {
  it('says what to do when its port is taken, or its address is not of this machine', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startTestGateway(office.sources, { port })).rejects.toThrow(
      /another program uses it.*HTTP_PORT/,
    );
    await new Promise((resolve) => other.close(resolve));
    await expect(startTestGateway(office.sources, { host: '192.0.2.1' })).rejects.toThrow(/HTTP_HOST/);
  });

  it('answers the request under way before it stops, and takes no new one', async () => {
    const gateway = await startTestGateway(office.sources);
    office.calls.set('slow', 0);
    const underWay = gateway.post({ query: '{ slow(ms: 300) }' }, { token: testTokens.reader });
    await until(() => office.calls.get('slow') === 1);
    gateway.gateway.stopIntake();
    await expect(gateway.post({ query: '{ whoami }' })).rejects.toThrow();
    const stopped = gateway[Symbol.asyncDispose]();
    expect((await underWay).body).toEqual({ data: { slow: 'done' } });
    await stopped;
  });

  it('cuts off what is not done at the deadline of the stop', async () => {
    const gateway = await startTestGateway(office.sources);
    office.calls.set('slow', 0);
    const underWay = gateway.post({ query: '{ slow(ms: 60000) }' }, { token: testTokens.reader });
    const failed = expect(underWay).rejects.toThrow();
    await until(() => office.calls.get('slow') === 1);
    await gateway.gateway.drain(AbortSignal.timeout(50));
    await failed;
    await gateway.gateway.close();
  });

  it('measures operations by type and outcome, and nothing by name', async () => {
    await using gateway = await startTestGateway(office.sources);
    const ask = (query: string) => gateway.post({ query }, { token: testTokens.reader });
    await ask('query VerySecretName { whoami }');
    await ask('{ broken }');
    await ask('mutation { setTitle(id: "a1", title: "x") { id } }');
    await ask('{ nothing }');
    const text = await gateway.metrics.registry.metrics();
    const count = (type: string, outcome: string) =>
      new RegExp(`duration_seconds_count\\{.*type="${type}",outcome="${outcome}".*\\} 1\\n`);
    expect(text).toMatch(count('query', 'ok'));
    expect(text).toMatch(count('query', 'partial'));
    expect(text).toMatch(count('mutation', 'refused'));
    expect(text).toMatch(count('query', 'refused'));
    expect(text).toMatch(/subgraph_fetch_duration_seconds_count\{.*subgraph="threats",outcome="ok".*\} 2/);
    expect(text).not.toContain('VerySecretName');
  });
});
