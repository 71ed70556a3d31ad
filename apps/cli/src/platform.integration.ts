import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFreePorts } from './supervisor/ports.ts';
import { type RunningCommand, runInProcess } from './testing/run-in-process.ts';

let folder = '';
const running: RunningCommand[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-platform-'));
});
afterEach(async () => {
  for (const command of running.splice(0)) {
    command.interrupt();
    await command.ended;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function start(args: string[], env: Record<string, string> = {}): RunningCommand {
  const inherited = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const command = runInProcess(args, { cwd: folder, env: { ...inherited, ...env } });
  running.push(command);
  return command;
}

async function run(args: string[], env: Record<string, string> = {}) {
  const command = start(args, env);
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}

/** What the bundled rules make of these lines: a shell started by Word on `host`. */
const shell = (host: string) =>
  `${JSON.stringify({
    SourceName: 'Microsoft-Windows-Sysmon',
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    EventID: 1,
    Hostname: host,
    TimeCreated: '2020-05-01T10:00:00.000Z',
    Image: 'C:\\Windows\\System32\\cmd.exe',
    CommandLine: 'cmd.exe',
    User: 'CORP\\a.meyer',
    ParentImage: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE',
  })}\n`;

describe('parapet up', () => {
  it('runs a platform that the other commands find, and stops in order', async () => {
    const [port, kafkaPort] = (await findFreePorts(2)).map(String);
    const up = start(['up', '--port', String(port), '--kafka-port', String(kafkaPort)]);
    const [, token = ''] = await up.says(/Token +(ppt_\S+)/);
    await up.says(/Ctrl-C stops everything/);

    const tail = start(['tail', '--json', '--min-severity', 'high'], { PARAPET_TOKEN: token });
    await tail.says(/Waiting for alerts/);
    writeFileSync(path.join(folder, 'one.ndjson'), shell('ws1.corp.example'));
    const replayed = await run(['replay', 'one.ndjson', '--rate', '100']);
    expect(replayed).toMatchObject({ code: 0 });
    expect(replayed.out).toMatch(/^1 event .* of 1 file sent to parapet\.events\.raw/);
    await tail.says(/"host":"ws1\.corp\.example"/);
    tail.interrupt();
    expect(await tail.ended).toBe(0);

    const made = await run(['token', 'create', '--name', 'x', '--scopes', 'events:read', '--expires', '12h']);
    expect(made.out).toMatch(/^ppt_/);
    expect((await run(['token', 'list'])).out.trim().split('\n')).toHaveLength(2);
    expect((await run(['migrate', 'status'])).code).toBe(0);
    expect((await run(['migrate', 'new', 'Not a name'])).err).toContain('is no name for a migration');

    up.interrupt();
    expect(await up.ended).toBe(0);
    expect(up.err()).toMatch(/Stopped after/);

    // Nothing runs: the command starts the database of the folder for itself.
    expect((await run(['token', 'list'])).out).toContain('admin (made at the first start)');
  });

  it.each([
    ['GATEWAY_SECRET', 'short'],
    ['RISK_FILE', '/nowhere/risk.yml'],
    ['PLACEHOLDERS_FILE', '/nowhere/placeholders.yml'],
  ])(
    'ends at once with what is wrong when a process refuses its configuration, such as %s',
    async (name, value) => {
      const [port, kafkaPort] = (await findFreePorts(2)).map(String);
      const { code, err } = await run(['up', '--port', String(port), '--kafka-port', String(kafkaPort)], {
        [name]: value,
      });
      // The placeholders are looked at before anything is started.
      expect(err).toMatch(
        /Parapet did not start: \w+ did not start: it ended with code 78|names, cannot be read/,
      );
      expect(err.split('\n').filter((line) => line.includes(name))).toHaveLength(1);
      expect(err).not.toContain('trying again');
      expect(code).toBe(78);
    },
  );

  it('stops what it has started when it is interrupted while starting', async () => {
    const [port, kafkaPort] = (await findFreePorts(2)).map(String);
    const up = start(['up', '--port', String(port), '--kafka-port', String(kafkaPort)]);
    await up.says(/broker +ready/);
    up.interrupt();
    expect(await up.ended).toBe(130);
  });
});

describe('parapet demo', () => {
  it('tells every intrusion of the bundled capture and removes what it made', async () => {
    const { code, out, err } = await run(['demo', '--events', '500', '--rate', '2000']);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out.match(/all \d+ steps seen/g)).toHaveLength(3);
    expect(out).toMatch(/records sent +548 /);
  });

  it('compares rule matches of old events in lines and arrays, and stays until it is told to end', async () => {
    writeFileSync(path.join(folder, 'a.ndjson'), `\n${shell('ws1')}`);
    writeFileSync(path.join(folder, 'b.json'), `[${shell('ws2')},${shell('ws3')}]`);
    const rule = '83df265c-9524-4138-87af-ae876e6c481e';
    const lines = (...entries: unknown[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileSync(
      path.join(folder, 'expected.txt'),
      lines(
        { file: 'a.ndjson', line: 2, rules: [rule] },
        { file: 'b.json', index: 0, rules: [rule, 'other'] },
      ),
    );
    writeFileSync(
      path.join(folder, 'known.txt'),
      lines(
        { rule: 'other', kind: 'missing', why: 'for the test' },
        { rule, kind: 'extra', file: 'b.json', index: 1, why: 'for the test' },
      ),
    );
    const demo = start([
      'demo',
      '--keep',
      '--capture',
      'a.ndjson',
      '--capture',
      'b.json',
      '--expect',
      'expected.txt',
      '--known',
      'known.txt',
    ]);
    await demo.says(/Still running/);
    const [, token = ''] = await demo.says(/Token +(ppt_\S+)/);
    const [, url = ''] = await demo.says(/GraphQL +(\S+)/);
    expect(demo.out()).toContain('expected 3, matched 3; missing 1, extra 1; of these 2 known and explained');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ events(filter: { host: "ws2" }) { nodes { time file fileLine } } }' }),
    });
    expect(await answer.json()).toEqual({
      data: { events: { nodes: [{ time: '2020-05-01T10:00:00.000Z', file: 'b.json', fileLine: 0 }] } },
    });
    demo.interrupt();
    expect(await demo.ended).toBe(0);
  });
});
