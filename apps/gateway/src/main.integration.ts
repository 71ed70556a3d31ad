import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase, type Database } from '@parapet/database';
import { createApiKey, revokeApiKey } from '@parapet/database/api-keys';
import { createTestDatabase, type TestDatabase } from '@parapet/database/testing';
import { type Broker, startBroker } from '@parapet/embedded-kafka';
import { topics } from '@parapet/event-model';
import { createKafka } from '@parapet/kafka';
import { createLogger, type ReadyMessage } from '@parapet/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anAlertChange,
  createTestClient,
  type OfficeSubgraphs,
  startOfficeSubgraphs,
  subscribe,
  testSecret,
  until,
} from './testing/index.ts';

let dir: string;
let office: OfficeSubgraphs;
let testDatabase: TestDatabase;
let database: Database;
let broker: Broker;
let child: ChildProcess;
let ready: ReadyMessage;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parapet-gateway-main-'));
  [office, testDatabase, broker] = await Promise.all([
    startOfficeSubgraphs(),
    createTestDatabase(),
    startBroker({ dir: join(dir, 'broker') }),
  ]);
  database = createDatabase({ url: testDatabase.url, maxConnections: 2 });
  child = startProcess(await writeSupergraph());
  ready = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as ReadyMessage));
    child.once('exit', (code) => reject(new Error(`The gateway exited with code ${code}.`)));
  });
});
afterAll(async () => {
  if (child.exitCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await database.close();
  await Promise.all([testDatabase.close(), broker.stop(), office[Symbol.asyncDispose]()]);
  await rm(dir, { recursive: true, force: true });
});

async function writeSupergraph(): Promise<string> {
  const lines = await Promise.all(
    office.sources.map(async ({ name, url, sdl }) => {
      await writeFile(join(dir, `${name}.graphql`), sdl);
      return `  ${name}: { routing_url: "${url}", schema: { file: ./${name}.graphql } }`;
    }),
  );
  const file = join(dir, 'supergraph.yaml');
  await writeFile(file, ['subgraphs:', ...lines].join('\n'));
  return file;
}

function startProcess(supergraph: string, env: Record<string, string> = {}): ChildProcess {
  const url = (name: string) => office.sources.find((source) => source.name === name)?.url ?? '';
  return fork(fileURLToPath(new URL('./main.ts', import.meta.url)), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      LOG_LEVEL: 'info',
      KAFKA_BROKERS: broker.address,
      DATABASE_URL: testDatabase.url,
      GATEWAY_SECRET: testSecret,
      SUPERGRAPH_CONFIG: supergraph,
      SUBGRAPH_EVENTS_URL: url('events'),
      SUBGRAPH_ASSETS_URL: url('assets'),
      SUBGRAPH_THREATS_URL: url('threats'),
      ...env,
    },
  });
}

const ask = (token: string, query: string) =>
  fetch(ready.addresses['http'] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });

describe('compose-main', () => {
  const compose = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('./compose-main.ts', import.meta.url)), ...args], {
      encoding: 'utf8',
    });

  it('prints the supergraph of the project', () => {
    const { status, stdout } = compose();
    expect(status).toBe(0);
    expect(stdout).toContain('type Subscription');
  });

  it('exits with 1 and one message when there is none', () => {
    const { status, stdout, stderr } = compose(join(dir, 'nowhere.yaml'));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('nowhere.yaml');
    expect(stderr).not.toContain('    at ');
  });
});

describe('the gateway process', () => {
  it('is ready with the addresses it listens on', async () => {
    expect(ready).toMatchObject({ type: 'ready', service: 'gateway' });
    const readyz = await fetch(`${ready.addresses['ops']}/readyz`);
    expect(readyz.status).toBe(200);
  });

  it('takes a key from PostgreSQL, and refuses it within seconds after it was revoked', async () => {
    const { id, token } = await createApiKey(database.prisma, { name: 'test', scopes: ['admin'] });
    const answer = await ask(token, '{ alert(id: "a1") { asset { name openAlertCount } } }');
    expect(await answer.json()).toEqual({
      data: { alert: { asset: { name: 'host-h1', openAlertCount: 1 } } },
    });
    await revokeApiKey(database.prisma, id);
    await until(async () => (await ask(token, '{ whoami }')).status === 401, 10_000);
  });

  it('delivers what is raised on Kafka to a subscriber that came when it was ready, and stops cleanly', async () => {
    const { token } = await createApiKey(database.prisma, {
      name: 'tail',
      scopes: ['threats:read', 'assets:read'],
    });
    const client = createTestClient((ready.addresses['http'] ?? '').replace('http', 'ws'), token);
    const subscription = subscribe(
      client,
      'subscription { alertRaised(minSeverity: high) { id asset { name } } }',
    );
    await until(async () =>
      /gateway_subscribers\{.*\} 1\n/.test(await (await fetch(`${ready.addresses['ops']}/metrics`)).text()),
    );
    const kafka = createKafka({
      brokers: [broker.address],
      clientId: 'test',
      log: createLogger({ service: 'test', level: 'silent' }),
    });
    const producer = await kafka.createProducer();
    const changes = [
      anAlertChange(1, 'a1', { severity: 'low' }),
      anAlertChange(2, 'a2'),
      anAlertChange(3, 'a3', { severity: 'critical' }),
    ];
    await producer.send(
      topics.alerts.name,
      changes.map((change) => ({ key: change.alert.id, value: JSON.stringify(change) })),
    );
    await subscription.received(2);
    expect(subscription.results).toEqual([
      { data: { alertRaised: { id: 'a2', asset: { name: 'host-h2' } } } },
      { data: { alertRaised: { id: 'a3', asset: { name: 'host-h3' } } } },
    ]);
    await kafka.close();

    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await subscription.ended).toMatchObject({ code: 1001, reason: 'Going away' });
    await client.dispose();
  });

  it('says all that is wrong with its configuration and exits with 78', async () => {
    const wrong = startProcess('nowhere.yaml', { KAFKA_BROKERS: '', GATEWAY_SECRET: 'short' });
    let stderr = '';
    wrong.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const [code] = await once(wrong, 'close');
    expect(code).toBe(78);
    expect(stderr).toContain('KAFKA_BROKERS');
    expect(stderr).toContain('GATEWAY_SECRET');
    expect(stderr).not.toContain('short');
  });

  it('exits with 1 when the subgraphs do not compose', async () => {
    const file = join(dir, 'broken.yaml');
    await writeFile(
      file,
      'subgraphs: { a: { routing_url: "http://127.0.0.1:1", schema: { file: none.graphql } } }',
    );
    const broken = startProcess(file);
    const [code] = await once(broken, 'exit');
    expect(code).toBe(1);
  });
});
