import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { sourceProfiles } from '@parapet/event-model';
import { compileRules } from '@parapet/sigma';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';
import { explainFiles, standardInput } from './explain-files.ts';
import type { ExplainReport } from './source-report.ts';

const main = path.join(import.meta.dirname, '../main.ts');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-sources-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const logon = {
  eventType: 'user.session.start',
  published: '2026-01-15T09:42:10Z',
  actor: { alternateId: 'mara.lind@corp.example' },
  outcome: { result: 'FAILURE' },
  client: { ipAddress: '203.0.113.24' },
  request: { ipChain: [{ ip: '203.0.113.24' }, { ip: '203.0.113.25' }] },
};
const rename = { ...logon, eventType: 'group.privilege.grant', displayMessage: 'Grant' };

const rule = (title: string, field: string) => `title: ${title}
id: ${title === 'One' ? '00000000-0000-4000-8000-000000000001' : '00000000-0000-4000-8000-000000000002'}
logsource:
  product: okta
  service: okta
detection:
  selection:
    eventType: user.session.start
    ${field}: x
  condition: selection
`;

function write(name: string, content: string | Buffer): string {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
}

function writeRules(): string {
  write('one.yml', rule('One', 'securityContext.isProxy'));
  write('two.yml', rule('Two', 'securityContext.isProxy'));
  return folder;
}

async function run(...args: string[]) {
  const command = runInProcess(['sources', ...args], { cwd: folder });
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}

async function report(...args: string[]): Promise<ExplainReport> {
  const { code, out, err } = await run('explain', '--json', ...args);
  expect(code, err).toBe(0);
  return JSON.parse(out) as ExplainReport;
}

describe('parapet sources explain', () => {
  it('says what events were taken for, why, and what became of their fields', async () => {
    const file = write('a.ndjson', [logon, rename, rename].map((event) => JSON.stringify(event)).join('\n'));
    const { events, complete, rulesLoaded, sources, deadLetters } = await report(
      file,
      '--rules',
      writeRules(),
    );
    expect({ events, complete, rulesLoaded, deadLetters }).toEqual({
      events: 3,
      complete: true,
      rulesLoaded: 2,
      deadLetters: [],
    });
    expect(sources).toHaveLength(1);
    const okta = sources[0]!;
    expect(okta.source).toBe('okta');
    expect(okta.shapes).toEqual([
      {
        shape: 'system-log',
        events: 3,
        because: ['eventType is there', 'published is there', 'actor.alternateId is there'],
      },
    ]);
    expect(
      okta.kinds.map(({ class: name, activity, events: count, rules }) => [name, activity, count, rules]),
    ).toEqual([
      ['User Access Management', 'Assign Privileges', 2, 2],
      ['Authentication', 'Logon', 1, 2],
    ]);
    expect(okta.mapped).toContainEqual({
      field: 'client.ipAddress',
      attribute: 'src_endpoint.ip',
      events: 3,
      sample: '203.0.113.24',
    });
    expect(okta.unused).toEqual([{ path: 'request.ipChain.ip', events: 3, sample: '203.0.113.24' }]);
    expect(okta.wanted).toEqual([{ field: 'securityContext.isProxy', rules: 2, example: 'One' }]);
    expect(okta.rules).toBe(2);
  });

  it('reads standard input, packed or not, beside files', async () => {
    const file = write('a.ndjson', JSON.stringify(logon));
    const child = spawn(process.execPath, [main, 'sources', 'explain', '-', file, '--json'], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    });
    child.stdin.end(zstdCompressSync(`${JSON.stringify(rename)}\nnope\n`));
    const { files, events, deadLetters } = JSON.parse(await text(child.stdout)) as ExplainReport;
    expect({ files, events }).toEqual({ files: ['stdin', file], events: 2 });
    expect(deadLetters).toMatchObject([{ count: 1, first: { file: 'stdin', line: 2 } }]);
  });

  it('ends at Ctrl-C while it waits for standard input', async () => {
    const stopping = new AbortController();
    const explaining = explainFiles({
      files: [standardInput],
      stdin: new Readable({ read: () => stopping.abort() }),
      rules: compileRules([]),
      limit: 1,
      signal: stopping.signal,
      onProgress: () => undefined,
    });
    await expect(explaining).rejects.toThrow('aborted');
  });

  it('says nothing is missing that one event has', async () => {
    const file = write('a.json', JSON.stringify([logon, { ...rename, securityContext: { isProxy: true } }]));
    const { sources } = await report(file, '--rules', writeRules());
    expect(sources[0]!.wanted).toEqual([]);
  });

  it('counts dead letters by reason, with the place of the first', async () => {
    const lines = [JSON.stringify(logon), 'not json', '[1]', '{"broken"'];
    const { events, deadLetters } = await report(write('a.ndjson.gz', gzipSync(lines.join('\n'))));
    expect(events).toBe(1);
    expect(deadLetters.map(({ reason, count, first }) => [reason, count, first.file, first.line])).toEqual([
      ['invalid_json', 2, 'a.ndjson.gz', 2],
      ['not_an_object', 1, 'a.ndjson.gz', 3],
    ]);
  });

  it('explains what could be read of a damaged file, and tells that it is', async () => {
    const lines = Array.from({ length: 2_000 }, (_, id) =>
      JSON.stringify({ ...logon, id, more: crypto.randomUUID() }),
    );
    const packed = gzipSync(lines.join('\n'));
    const file = write('a.ndjson.gz', packed.subarray(0, packed.length / 2));
    const { code, out, err } = await run(
      'explain',
      '--json',
      file,
      write('b.ndjson', JSON.stringify(rename)),
    );
    const { events, unreadable } = JSON.parse(out) as ExplainReport;
    expect(events).toBeGreaterThan(100);
    expect(unreadable).toEqual([expect.stringContaining('a.ndjson.gz cannot be read')]);
    expect(err).toContain(unreadable[0]);
    expect(code).toBe(1);
  });

  it('takes events for the source that is named', async () => {
    const { sources } = await report(write('a.ndjson', JSON.stringify(logon)), '--source', 'suricata');
    expect(sources.map(({ source }) => source)).toEqual(['suricata']);
  });

  it('tells apart sources that share a file, the most frequent first', async () => {
    const other = { something: 'else' };
    const file = write('a.ndjson', [other, logon, other].map((event) => JSON.stringify(event)).join('\n'));
    const { sources } = await report(file);
    expect(sources.map(({ source, events, withoutTime }) => [source, events, withoutTime])).toEqual([
      ['generic', 2, 2],
      ['okta', 1, 0],
    ]);
  });

  it('stops at the limit and says so', async () => {
    const file = write('a.ndjson', `${JSON.stringify(logon)}\n`.repeat(1_200));
    const limited = await report(file, '--limit', '700');
    expect([limited.events, limited.complete]).toEqual([700, false]);
    const whole = await report(file, '--limit', '1200');
    expect([whole.events, whole.complete]).toEqual([1_200, true]);
  });

  it('keeps to a bounded number of fields where keys are made of data', async () => {
    const lines = Array.from({ length: 60 }, (_, line) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (__, key) => [`k${line}_${key}`, 1]))),
    );
    const { sources } = await report(write('a.ndjson', lines.join('\n')));
    expect(sources[0]!.unused).toHaveLength(5_000);
    expect(sources[0]!.unusedIsCut).toBe(true);
  });

  it('writes the same for people, with long lists cut and control characters out', async () => {
    const event = { ...logon, odd: 'a\u001b[31mb', more: 1, most: 2 };
    const { code, out } = await run(
      'explain',
      write('a.ndjson', `${JSON.stringify(event)}\nnope\n`),
      '--rules',
      writeRules(),
      '--top',
      '2',
    );
    expect(code).toBe(0);
    expect(out).toContain('1 event of 1 file: 1 source, 1 dead letter; 2 rules loaded');
    expect(out).toContain('100 % have the shape system-log: eventType is there');
    expect(out).toContain('Authentication: Logon');
    expect(out).toContain('okta/okta (2 rules)');
    expect(out).toMatch(/2 rules\s+securityContext\.isProxy\s+such as One/);
    expect(out).toContain('and 2 more (--top, --json)');
    expect(out).toContain('1 invalid_json, first at a.ndjson:2');
    expect(out).not.toContain('\u001b');
  });

  it('fails where no event could be used, and says why', async () => {
    const broken = await run('explain', write('a.ndjson', 'nope\n'));
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('Not one event could be used')]);
    const empty = await run('explain', write('b.ndjson', '\n'));
    expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('There are no events in')]);
  });

  it('refuses a source that is none, a file that is none and a limit that is no number as wrong usage', async () => {
    const file = write('a.ndjson', '{}');
    const source = await run('explain', file, '--source', 'nope');
    expect([source.code, source.err]).toEqual([2, expect.stringContaining('Known are: windows-sysmon')]);
    expect((await run('explain', path.join(folder, 'none.ndjson'))).code).toBe(1);
    expect((await run('explain', file, '--limit', 'many')).code).toBe(2);
  });
});

describe('parapet sources list', () => {
  it('names every source with its shapes, log sources and classes', async () => {
    const { code, out } = await run('list');
    expect(code).toBe(0);
    for (const { id } of sourceProfiles) expect(out).toContain(id);
    expect(out).toContain('kubernetes/application/audit');
    const listed = JSON.parse((await run('list', '--json')).out) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(sourceProfiles.map(({ id }) => id));
  });
});
