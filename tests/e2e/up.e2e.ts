import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { eventually, graphql } from '../support/graphql.ts';
import {
  type Platform,
  runParapet,
  startParapet,
  startPlatform,
  temporaryFolder,
} from '../support/platform.ts';

const hasKcat = spawnSync('kcat', ['-V']).status === 0;
if (!hasKcat) console.warn('kcat is not installed: the test with it is skipped.');

const { folder, remove } = temporaryFolder();
let platform: Platform;
let token = '';
beforeAll(async () => {
  platform = await startPlatform(folder);
  token = platform.token;
});
afterAll(async () => {
  await platform.stop();
  remove();
});

const shellEvent = (host: string) =>
  readFileSync(new URL('fixtures/one-shell.ndjson', import.meta.url), 'utf8')
    .trim()
    .replaceAll('WKS-014.corp.example', host);

interface Titles {
  alerts: { nodes: { id: string; title: string; asset: { name: string } | null }[] };
}
const titlesOf = (host: string) =>
  `{ alerts(filter: { host: "${host}" }) { nodes { id title asset { name } } } }`;

describe('parapet up', () => {
  it('prints an admin token at the first start', () => {
    expect(token).toMatch(/^ppt_[0-9a-f]{16}_[\w-]{43}$/);
    expect(platform.output()).toContain(platform.graphqlUrl);
  });

  it.skipIf(!hasKcat)('takes an event from kcat and gives its alert to a graphql-ws client', async () => {
    const list = execFileSync('kcat', ['-b', platform.kafkaBrokers, '-L'], { encoding: 'utf8' });
    expect(list).toContain('topic "parapet.events.raw" with 12 partitions');
    const client = createClient({
      url: platform.graphqlUrl.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const stream = client.iterate({
      query:
        'subscription { alertRaised(minSeverity: high) { title severity entities { host user } asset { name } } }',
    });
    const next = stream.next();
    // The subscription is in force once a query behind it on the same socket is answered.
    await client.iterate({ query: '{ eventCount }' }).next();
    execFileSync('kcat', ['-b', platform.kafkaBrokers, '-P', '-t', 'parapet.events.raw'], {
      input: shellEvent('KCAT-01.corp.example'),
    });
    const { value } = await next;
    await client.dispose();
    expect(value).toMatchObject({
      data: {
        alertRaised: {
          title: 'Office Application Starts a Script Interpreter',
          severity: 'high',
          entities: { host: 'kcat-01.corp.example', user: 'a.meyer' },
        },
      },
    });
  });

  it('makes, lists and revokes tokens', async () => {
    const created = await runParapet([
      'token',
      'create',
      '--data-dir',
      folder,
      '--name',
      'tail',
      '--scopes',
      'threats:read,assets:read',
    ]);
    expect(created.code).toBe(0);
    const id = /^ppt_([0-9a-f]{16})_/.exec(created.out)?.[1] ?? '';
    expect((await runParapet(['token', 'list', '--data-dir', folder])).out).toContain(`${id}  active`);

    expect((await runParapet(['token', 'revoke', id, '--data-dir', folder])).code).toBe(0);
    expect((await runParapet(['token', 'list', '--data-dir', folder])).out).toContain(`${id}  revoked`);
    expect((await runParapet(['token', 'revoke', id, '--data-dir', folder])).code).toBe(1);
    const refused = await runParapet(['tail', '--data-dir', folder], { PARAPET_TOKEN: created.out.trim() });
    expect(refused.err).toMatch(/token/i);
    expect(refused.code).toBe(1);
  });

  it('shows alerts to whoever tails, and ends well at Ctrl-C', async () => {
    const tail = startParapet(['tail', '--json', '--data-dir', folder], { PARAPET_TOKEN: token });
    if (!tail.stdout || !tail.stderr) throw new Error('tail has no output');
    const alert = once(createInterface(tail.stdout), 'line');
    await once(createInterface(tail.stderr), 'line');
    const capture = path.join(folder, 'tail.ndjson');
    writeFileSync(capture, shellEvent('TAIL-01.corp.example'));
    expect((await runParapet(['replay', capture, '--data-dir', folder])).code).toBe(0);
    expect(JSON.parse(String((await alert)[0]))).toMatchObject({
      severity: 'high',
      entities: { host: 'tail-01.corp.example' },
    });
    tail.kill('SIGINT');
    expect(await once(tail, 'exit')).toEqual([0, null]);
  });

  it('knows that its database is up to date', async () => {
    const status = await runParapet(['migrate', 'status', '--data-dir', folder]);
    expect(status.out).toMatch(/^applied +\d{14}_/m);
    expect(status.code).toBe(0);
    expect((await runParapet(['migrate', 'apply', '--data-dir', folder])).out).toContain(
      'Nothing is pending',
    );
  });

  it('lets nobody else run in its folder or on its port, and goes on', async () => {
    const second = await runParapet(['up', '--data-dir', folder]);
    expect(second.code).toBe(1);
    expect(second.err).toContain('is in use: process');
    const other = temporaryFolder();
    const port = new URL(platform.graphqlUrl).port;
    const third = await runParapet(['up', '--data-dir', other.folder, '--port', port]);
    other.remove();
    expect(third.code).toBe(1);
    expect(third.err).toMatch(new RegExp(`Port ${port} .* --port`));
    await graphql({ ...platform, token }, '{ eventCount }');
  });

  it('finds everything again after Ctrl-C', async () => {
    await runParapet([
      'replay',
      new URL('fixtures/one-shell.ndjson', import.meta.url).pathname,
      '--data-dir',
      folder,
    ]);
    const before = await eventually(
      () => graphql<Titles>({ ...platform, token }, titlesOf('wks-014.corp.example')),
      ({ alerts }) => alerts.nodes.length === 1 && alerts.nodes[0]?.asset != null,
    );
    const tail = startParapet(['tail', '--data-dir', folder], { PARAPET_TOKEN: token });
    if (!tail.stderr) throw new Error('tail has no output');
    const told = createInterface(tail.stderr);
    expect(String((await once(told, 'line'))[0])).toMatch('Waiting for alerts');
    const lost = once(told, 'line');
    // As often as it comes when the whole group has it and somebody hands it on.
    expect(await platform.stop('SIGINT', 3)).toBe(0);
    expect(platform.output()).toContain('Stopped after');
    expect(String((await lost)[0])).toMatch('The connection is lost');
    tail.kill('SIGINT');
    expect(await once(tail, 'exit')).toEqual([0, null]);
    platform = await startPlatform(folder);
    expect(platform.token).toBe('');
    const after = await graphql<Titles>({ ...platform, token }, titlesOf('wks-014.corp.example'));
    expect(after).toEqual(before);
  });

  it('leaves nothing behind that a next start cannot put right when it is killed', async () => {
    expect(await platform.stop('SIGKILL')).toBeNull();
    platform = await startPlatform(folder);
    const after = await graphql<Titles>({ ...platform, token }, titlesOf('wks-014.corp.example'));
    expect(after.alerts.nodes).toHaveLength(1);
  });
});
