import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = path.join(import.meta.dirname, '../main.ts');
const shellRule = '11111111-1111-4111-8111-111111111111';
const whoamiRule = '22222222-2222-4222-8222-222222222222';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-hunt-'));
  mkdirSync(path.join(folder, 'rules'));
  write('rules/shell.yml', rule(shellRule, 'A shell', 'high', '\\cmd.exe'));
  write('rules/whoami.yml', rule(whoamiRule, 'Who am I', 'low', '\\whoami.exe'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function rule(id: string, title: string, level: string, ending: string): string {
  return `title: ${title}
id: ${id}
status: test
author: A. Author
level: ${level}
tags: [attack.execution, attack.t1059.003, attack.t9999.001]
logsource: { product: windows, category: process_creation }
detection:
  selection: { Image|endswith: '${ending}' }
  condition: selection
`;
}

function write(name: string, content: string | Buffer): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
}

/** A process creation of Sysmon, in the flat form and as Windows writes it. */
const launch = (image: string, time = '2020-05-01T10:00:00.000Z') => ({
  SourceName: 'Microsoft-Windows-Sysmon',
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  EventID: 1,
  Hostname: 'ws1.corp.example',
  TimeCreated: time,
  Image: `C:\\Windows\\System32\\${image}`,
});
const windowsLaunch = (image: string) => ({
  Event: {
    System: {
      Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
      EventID: 1,
      TimeCreated: { '#attributes': { SystemTime: '2020-05-01T10:00:00.000Z' } },
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Computer: 'ws1.corp.example',
    },
    EventData: { Image: `C:\\Windows\\System32\\${image}` },
  },
});
const lines = (...events: unknown[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

function start(...args: string[]) {
  const child = spawn(process.execPath, [main, 'hunt', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  const written = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    written.out += String(text);
  });
  child.stderr.on('data', (text) => {
    written.err += String(text);
  });
  return { child, written, ended: once(child, 'close').then(([code]) => code as number) };
}

async function hunt(...args: string[]) {
  const { child, written, ended } = start('--rules', 'rules', ...args);
  child.stdin.end();
  return { code: await ended, ...written };
}

const read = (name: string) =>
  readFileSync(path.join(folder, name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('parapet hunt', () => {
  it('finds the same in every form of a file, and names events by line or index', async () => {
    const three = [launch('cmd.exe'), launch('calc.exe'), launch('whoami.exe')];
    write('in/a.ndjson', lines(...three));
    write('in/b.ndjson.gz', gzipSync(lines(...three)));
    write('in/c.json.zst', zstdCompressSync(lines(...three)));
    write('in/d.json', JSON.stringify(three, null, 2));
    write('in/e.json', JSON.stringify({ Records: three }));
    write('in/f.json', three.map((event) => JSON.stringify(event)).join(''));
    write('in/g.json', Buffer.from(`\ufeff${lines(...three)}`, 'utf16le'));
    write('in/sub/h.json', lines(windowsLaunch('cmd.exe')));
    write(
      'in/i.json',
      `${JSON.stringify(launch('calc.exe'), null, 2)}\n${JSON.stringify(launch('cmd.exe'), null, 2)}`,
    );
    write('in/j.txt', 'no events by its name');
    const { code, out } = await hunt('in', '--output', 'out.ndjson', '--workers', '2');
    expect(code).toBe(0);
    const found = (file: string, place: string, first: number, last: number) => [
      { file, [place]: first, rules: [shellRule] },
      { file, [place]: last, rules: [whoamiRule] },
    ];
    expect(read('out.ndjson')).toEqual([
      ...['a.ndjson', 'b.ndjson.gz', 'c.json.zst'].flatMap((file) => found(file, 'line', 1, 3)),
      ...['d.json', 'e.json'].flatMap((file) => found(file, 'index', 0, 2)),
      ...found('f.json', 'line', 1, 1),
      ...found('g.json', 'line', 1, 3),
      { file: 'i.json', line: 9, rules: [shellRule] },
      { file: 'sub/h.json', line: 1, rules: [shellRule] },
    ]);
    expect(out).toMatch(/high +9 +A shell/);
    expect(out).toContain(shellRule);
    expect(out).toContain('A. Author');
    expect(out).toMatch(/T1059\.003 +16 +Windows Command Shell/);
    // Of no name that is known.
    expect(out).toMatch(/^ {2}T9999\.001 +16$/m);
    expect(out).toMatch(/events +24 of 9 files/);
    expect(out).toMatch(/matches +16 on 16 events, by 2 rules: high 9, low 7/);
  });

  it('keeps the order of a large file on several threads, and of files beside it', async () => {
    const large = Array.from({ length: 30_000 }, (_, index) =>
      launch(index % 100 === 99 ? 'cmd.exe' : 'calc.exe'),
    );
    write('in/b.ndjson.gz', gzipSync(lines(...large)));
    write('in/a.json', JSON.stringify([launch('cmd.exe')]));
    write('in/c.json', lines(launch('cmd.exe')));
    expect((await hunt('in', '--output', 'out', '--workers', '3')).code).toBe(0);
    expect(read('out').map(({ line, index }) => line ?? index)).toEqual([
      0,
      ...Array.from({ length: 300 }, (_, index) => index * 100 + 100),
      1,
    ]);
  });

  it('reads standard input, limits what it looks at, and writes results to standard output', async () => {
    const times = ['2020-01-01', '2020-01-02', '2020-01-03'].map((day) => `${day}T12:00:00.000Z`);
    const args = ['-', '--output', '-', '--details', '--from', '2020-01-02', '--to', '2020-01-03'];
    const { child, written, ended } = start('--rules', 'rules', '--quiet', ...args);
    child.stdin.end(lines(...times.map((time) => launch('cmd.exe', time)), launch('cmd.exe', '')));
    expect(await ended).toBe(0);
    expect(written.err).toBe('');
    expect(JSON.parse(written.out)).toEqual({
      file: 'stdin',
      line: 2,
      rules: [shellRule],
      details: [
        {
          id: shellRule,
          title: 'A shell',
          level: 'high',
          tags: ['attack.execution', 'attack.t1059.003', 'attack.t9999.001'],
          author: 'A. Author',
          references: [],
        },
      ],
      time: times[1],
      source: 'windows-sysmon',
      entities: { host: 'ws1.corp.example', process: 'C:\\Windows\\System32\\cmd.exe' },
    });
  });

  it('stops after as many events as asked for, and leaves out lower levels', async () => {
    write('a.ndjson', lines(...Array.from({ length: 50 }, () => launch('cmd.exe')), launch('whoami.exe')));
    write('b.ndjson', lines(launch('cmd.exe')));
    const { code, out } = await hunt('a.ndjson', 'b.ndjson', '--max-events', '20', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ events: 20, matches: 20, rulesLoaded: 2 });
    const high = JSON.parse((await hunt('a.ndjson', '--min-level', 'medium', '--json')).out);
    expect(high).toMatchObject({
      events: 51,
      matchedEvents: 50,
      levels: [{ level: 'high', rules: 1, matches: 50 }],
      rulesLoaded: 1,
      rulesBelowLevel: 1,
      sources: [{ source: 'windows-sysmon', events: 51 }],
      firstTime: '2020-05-01T10:00:00.000Z',
    });
  });

  it('tells what could not be used, and goes on', async () => {
    write('in/a.ndjson', `${lines(launch('cmd.exe'))}no json\n42\n${lines(launch('cmd.exe'))}`);
    write('in/b.ndjson.gz', gzipSync(lines(launch('cmd.exe'))).subarray(0, -10));
    write('in/c.json', '');
    write('in/d.json', lines(launch('cmd.exe')));
    const { code, out, err } = await hunt('in', '--output', 'out', '--rejected', 'bad');
    expect(code).toBe(1);
    expect(err).toContain(
      '1 of 4 files could not be read to their end, e.g. b.ndjson.gz: its packed data ends too early: it was cut off.',
    );
    expect(out).toMatch(/not decoded +.*invalid_json/);
    expect(out).toMatch(/no events in +c\.json/);
    expect(read('out').filter(({ file }) => file !== 'b.ndjson.gz')).toMatchObject([
      { file: 'a.ndjson', line: 1 },
      { file: 'a.ndjson', line: 4 },
      { file: 'd.json', line: 1 },
    ]);
    expect(read('bad').filter(({ file }) => file === 'a.ndjson')).toMatchObject([
      { line: 2, reason: 'invalid_json', text: 'no json' },
      { line: 3, reason: 'not_an_object', text: '42' },
    ]);
    const nothing = await hunt('in/c.json', 'rules/shell.yml');
    expect(nothing.err).toContain('No event could be decoded');
    expect(nothing.code).toBe(1);
  });

  it('compares with what is expected', async () => {
    write('in/a.ndjson', lines(launch('cmd.exe'), launch('whoami.exe')));
    write(
      'expected',
      lines({ file: 'a.ndjson', line: 1, rules: [shellRule] }, { file: 'x', line: 1, rules: ['r'] }),
    );
    write('known', lines({ rule: whoamiRule, kind: 'extra', why: 'because' }));
    const open = await hunt('in', '--expect', 'expected');
    expect(open.out).toContain('expected 1, matched 2; missing 0, extra 1; of these 0 known');
    expect(open.out).toMatch(/^ {2}extra +1 {2}2{8}.* e\.g\. a\.ndjson:2$/m);
    expect(open.out.trimEnd()).toMatch(
      /Summary\n(.*\n)*Expected rule matches\n.*\n {2}1 unexplained difference$/,
    );
    expect(open.code).toBe(1);
    const brief = await hunt('in', '--expect', 'expected', '--known', 'known');
    expect(brief.out).not.toMatch(/extra +1 +2{8}/);
    expect(brief.out).toMatch(
      /^ {2}known +1 {2}because\n(.*\n)*Summary\n(.*\n)* {2}no unexplained difference\n$/m,
    );
    const all = await hunt('in', '--expect', 'expected', '--known', 'known', '--all-differences');
    expect(all.out).toMatch(/^ {2}extra +1 {2}2{8}.* \(known: because\)$/m);
    const closed = await hunt('in', '--expect', 'expected', '--known', 'known', '--json');
    expect(JSON.parse(closed.out)).toMatchObject({ comparison: { extra: 1, unexplained: 0 } });
    expect(closed.code).toBe(0);
  });

  it('lets filters narrow rules, and tells of the rules of correlations one by one, since it does not evaluate these', async () => {
    write('in/a.ndjson', lines(launch('cmd.exe'), launch('whoami.exe')));
    write(
      'rules/filter.yml',
      `title: Known shells
id: 33333333-3333-4333-8333-333333333333
logsource: { product: windows, category: process_creation }
filter:
  rules: [${shellRule}]
  selection: { Hostname: ws1.corp.example }
  condition: not selection
`,
    );
    write(
      'rules/correlation.yml',
      `title: Who am I, often
id: 44444444-4444-4444-8444-444444444444
correlation:
  type: event_count
  rules: [${whoamiRule}]
  group-by: [Hostname]
  timespan: 5m
  condition: { gte: 10 }
`,
    );
    const { code, out } = await hunt('in', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      matches: 1,
      rules: [{ id: whoamiRule }],
      rulesRefused: {},
      correlations: 1,
      filters: 1,
    });
    expect((await hunt('in')).out).toContain(
      '1 correlation rule not evaluated: a hunt looks at one event at a time; the rules it refers to are told one by one',
    );
  });

  it('fails when there are only correlations', async () => {
    write('in/a.ndjson', lines(launch('cmd.exe')));
    write(
      'only/correlation.yml',
      `title: Often
id: 44444444-4444-4444-8444-444444444444
correlation:
  type: event_count
  rules: [${shellRule}, ${whoamiRule}]
  group-by: [Hostname]
  timespan: 5m
  condition: { gte: 10 }
`,
    );
    const { child, written, ended } = start('in', '--rules', 'only');
    child.stdin.end();
    expect(await ended).toBe(1);
    expect(written.err).toMatch(
      /only holds 1 correlation rule and no others: correlations are not evaluated/,
    );
  });

  it.skipIf(!existsSync('/dev/full'))(
    'fails when its result cannot be written to standard output',
    async () => {
      write('in/a.ndjson', lines(launch('cmd.exe')));
      const full = openSync('/dev/full', 'w');
      for (const args of [['--json'], ['--output', '-'], []]) {
        const child = spawn(process.execPath, [main, 'hunt', 'in', '--rules', 'rules', ...args], {
          cwd: folder,
          stdio: ['ignore', full, 'pipe'],
        });
        let told = '';
        child.stderr?.on('data', (text) => {
          told += String(text);
        });
        expect(await once(child, 'close')).toEqual([1, null]);
        expect(told).toContain('parapet: Standard output cannot be written: the disk is full.');
        expect(told).not.toContain('    at ');
      }
      closeSync(full);
    },
  );

  it('says what is wrong before it starts', async () => {
    write('in/a.ndjson', lines(launch('cmd.exe')));
    for (const [args, code, message] of [
      [['in', '--output', 'no/such/folder/out'], 1, 'cannot be written: there is no such file or folder'],
      [['in', '--output', 'in'], 1, 'it is a folder'],
      [['missing'], 1, 'missing cannot be read'],
      [['in', '--rules', 'nowhere'], 2, 'that --rules names cannot be read'],
      [['in', '--min-level', 'critical'], 1, 'All 2 rules are below the level critical'],
    ] as const) {
      const found = await hunt(...args);
      expect(found.err).toContain(message);
      expect(found.code).toBe(code);
    }
    expect(readdirSync(folder).sort()).toEqual(['in', 'rules']);
  });

  it('ends its progress with what the summary says', async () => {
    const { child, written, ended } = start('-', '--rules', 'rules');
    child.stdin.write(lines(...Array.from({ length: 10_000 }, () => launch('cmd.exe'))));
    await new Promise<void>((resolve) => {
      child.stderr.on('data', () => {
        if (written.err.includes('events')) resolve();
      });
    });
    child.stdin.end(lines(...Array.from({ length: 1234 }, () => launch('whoami.exe'))));
    expect(await ended).toBe(0);
    expect(written.err.trimEnd().split('\n').at(-1)).toMatch(/ 11,234 events, .* 11,234 matches$/);
    expect(written.out).toMatch(/events +11,234 of 1 file/);
  });

  it('ends at once on Ctrl-C and leaves an earlier result as it was', async () => {
    write('out', 'earlier');
    const { child, written, ended } = start('-', '--rules', 'rules', '--output', 'out');
    child.stdin.on('error', () => undefined);
    // Enough for some chunks; the end of the input never comes.
    child.stdin.write(lines(...Array.from({ length: 10_000 }, () => launch('cmd.exe'))));
    const progress = new Promise<void>((resolve) => {
      child.stderr.on('data', () => {
        if (written.err.includes('events')) resolve();
      });
    });
    await progress;
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(written.err).toMatch(/^Interrupted: [\d,]+ events read, nothing written\.\n$/m);
    expect(readFileSync(path.join(folder, 'out'), 'utf8')).toBe('earlier');
    expect(readdirSync(folder).sort()).toEqual(['out', 'rules']);
  });
});
