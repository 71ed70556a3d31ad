import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFreePorts } from './supervisor/ports.ts';
import { runInProcess } from './testing/run-in-process.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-command-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(args: string[], env: Record<string, string> = {}) {
  const command = runInProcess(args, { cwd: folder, env });
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}

const rule = (id: string, condition = 'selection') => `title: A rule
id: ${id}
logsource:
  product: windows
detection:
  selection:
    EventID: 1
  condition: ${condition}
`;

describe('parapet', () => {
  it('tells its version and its commands', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    for (const name of ['up', 'demo', 'replay', 'tail', 'token', 'rules', 'hunt', 'migrate'])
      expect(help.out).toContain(`  ${name} `);
    expect(help.out).toContain('Exit codes');
    expect(help.out).not.toContain('capture [options]');
  });

  it.each(['up', 'demo', 'replay', 'tail', 'token', 'rules', 'hunt', 'migrate', 'capture'])(
    '%s --help explains itself',
    async (name) => {
      const { code, out } = await run([name, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: npm run parapet -- ${name}`);
    },
  );

  it.each([
    [['bogus'], 'unknown command'],
    [['replay'], "missing required argument 'path'"],
    [['up', '--port', '70000'], 'from 1 to 65535'],
    [['demo', '--rate', '-3'], 'events a second'],
    [['tail', '--min-severity', 'extreme'], 'Allowed choices'],
    [['token', 'create', '--name', 'x', '--scopes', 'root'], 'Unknown: root'],
    [['token', 'create', '--name', 'x', '--scopes', 'admin', '--expires', 'yesterday'], 'in the future'],
    [['up', '--port', '4100', '--kafka-port', '4100'], 'cannot both have port 4100'],
    [['up', '--rules', 'nowhere'], 'that --rules names cannot be read: there is no such file'],
    [['demo', '--rules', 'nowhere'], 'that --rules names cannot be read: there is no such file'],
    [['hunt'], "missing required argument 'path'"],
    [['hunt', '.', '--min-level', 'loud'], 'Allowed choices'],
    [['hunt', '.', '--workers', '0'], 'from 1 to 256'],
    [['hunt', '.', '--from', 'yesterday'], 'Give a day or a time'],
    [['hunt', '.', '--from', '2026-01-02', '--to', '2026-01-01'], 'must be before --to'],
    [['hunt', '.', '--output', '-', '--json'], 'both write to standard output'],
    [['hunt', '.', '--details'], '--details adds to'],
    [['hunt', '.', '--known', 'x'], '--known explains'],
    [['tail'], 'A token is needed'],
    [['tail', '--token', 'x', '--url', 'ftp://x'], 'no address of an endpoint'],
  ])('%j is refused with exit code 2', async (args, message) => {
    const { code, err } = await run(args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it('answers 78 for configuration that is wrong', async () => {
    writeFileSync(path.join(folder, 'a.ndjson'), '{}');
    const { code, err } = await run(['replay', 'a.ndjson', '--brokers', 'no port']);
    expect(err).toContain('KAFKA_BROKERS');
    expect(code).toBe(78);
  });

  it('shows a stack trace only to those who ask for it', async () => {
    const quiet = await run(['replay', 'missing.ndjson']);
    expect(quiet).toMatchObject({ code: 1 });
    expect(quiet.err).toMatch(/^parapet: .*missing\.ndjson cannot be read[^\n]*\n$/);
    const debug = await run(['replay', 'missing.ndjson'], { PARAPET_DEBUG: '1' });
    expect(debug.err).toMatch(/\n\s+at /);
  });

  it('asks whether Parapet is running where no Kafka answers', async () => {
    writeFileSync(path.join(folder, 'a.ndjson'), '{}');
    const [port] = await findFreePorts(1);
    const { code, err } = await run(['replay', 'a.ndjson', '--brokers', `127.0.0.1:${port}`]);
    expect(err).toContain('Is Parapet running (npm start)?');
    expect(err).not.toContain('PARAPET_DEBUG');
    expect(code).toBe(1);
  });

  it('finds no data where none was made', async () => {
    const { code, err } = await run(['token', 'list']);
    expect(err).toContain('There is no data in');
    expect(code).toBe(1);
  });

  it('refuses to start where the port is taken or the folder cannot be used', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const { code, err } = await run(['up', '--data-dir', 'file/data']);
    expect(err).toContain('cannot be used');
    expect(code).toBe(1);
  });

  it('writes the bundled capture', async () => {
    const { code } = await run(['capture', 'out.ndjson', '--events', '100', '--end', '2026-01-15T10:00:00Z']);
    expect(code).toBe(0);
    expect(readFileSync(path.join(folder, 'out.ndjson'), 'latin1').split('\n').length).toBeGreaterThan(100);
    expect(await run(['capture', 'out.ndjson', '--end', 'never'])).toMatchObject({ code: 1 });
    expect((await run(['capture', 'no/such/folder'])).err).toContain('cannot be written');
  });
});

describe('the rules that a platform is started with', () => {
  const correlation = (id: string) => `title: Many of them
id: ${id}
correlation:
  type: event_count
  rules: [one]
  group-by: [User]
  timespan: 5m
  condition: { gte: 10 }
`;

  it.each(['up', 'demo'])('%s ends before it starts anything when none can be used', async (command) => {
    mkdirSync(path.join(folder, 'bad'));
    const empty = await run([command, '--rules', 'bad']);
    expect(empty.err).toContain('There are no rules');
    expect(empty).toMatchObject({ code: 1, out: '' });
    writeFileSync(path.join(folder, 'bad', 'a.yml'), 'title: [');
    writeFileSync(path.join(folder, 'bad', 'b.yml'), correlation('33333333-3333-4333-8333-333333333333'));
    const bad = await run([command, '--rules', 'bad']);
    expect(bad.err).toMatch(
      /can be used: 0 loaded, 2 refused \(npm run parapet -- rules check \S+bad tells why/,
    );
    expect(bad.err).not.toContain('Starting');
    expect(bad.code).toBe(1);
  });

  it('may be refused in part, which is told', async () => {
    mkdirSync(path.join(folder, 'rules'));
    writeFileSync(path.join(folder, 'rules', 'a.yml'), rule('11111111-1111-4111-8111-111111111111'));
    writeFileSync(path.join(folder, 'rules', 'b.yml'), 'title: [');
    writeFileSync(path.join(folder, 'file'), '');
    const { err } = await run(['up', '--rules', 'rules', '--data-dir', 'file/data']);
    expect(err).toMatch(
      /^rules: 1 loaded, 1 refused \(npm run parapet -- rules check \S+rules tells why\)$/m,
    );
  });

  it('are those of RULES_DIRS, unless --rules names some', async () => {
    for (const [name, id] of [
      ['a', '11111111-1111-4111-8111-111111111111'],
      ['b', '22222222-2222-4222-8222-222222222222'],
    ] as const) {
      mkdirSync(path.join(folder, name));
      writeFileSync(path.join(folder, name, 'rule.yml'), rule(id));
    }
    writeFileSync(path.join(folder, 'file'), '');
    const env = { RULES_DIRS: `a:${path.join(folder, 'b')}`, LAKE_DIR: '/lake' };
    const start = ['up', '--data-dir', 'file/data'];
    const both = await run(start, env);
    expect(both.err).toContain('rules: 2 loaded, 0 refused');
    expect(both.err).toContain('ignored, which the platform sets itself: LAKE_DIR (use --data-dir)');
    expect((await run([...start, '--rules', 'a'], env)).err).toContain('rules: 1 loaded, 0 refused');
    const wrong = await run(start, { RULES_DIRS: 'nowhere' });
    expect(wrong.err).toContain('that RULES_DIRS names cannot be read');
    expect(wrong.code).toBe(78);
  });

  it('are in folders, not files', async () => {
    writeFileSync(path.join(folder, 'a.yml'), rule('11111111-1111-4111-8111-111111111111'));
    const { code, err } = await run(['demo', '--rules', 'a.yml']);
    expect(err).toContain('a.yml, which is a file: name the folder');
    expect(code).toBe(2);
  });
});

describe('parapet rules check', () => {
  it('accepts good rules', async () => {
    mkdirSync(path.join(folder, 'rules'));
    writeFileSync(path.join(folder, 'rules', 'a.yml'), rule('11111111-1111-4111-8111-111111111111'));
    const { code, out, err } = await run(['rules', 'check', 'rules']);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('1 rule of 1 file can be used; 0 errors.');
  });

  it('warns of files that hold nothing, and says that correlations are not run yet', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    const often = `title: Often
id: 44444444-4444-4444-8444-444444444444
correlation:
  type: event_count
  rules: [${id}]
  group-by: [User]
  timespan: 5m
  condition: { gte: 10 }
`;
    mkdirSync(path.join(folder, 'rules'));
    writeFileSync(path.join(folder, 'rules', 'a.yml'), `${rule(id)}---\n${often}`);
    writeFileSync(path.join(folder, 'rules', 'empty.yml'), '');
    writeFileSync(path.join(folder, 'rules', 'remark.yml'), '# later\n');
    const { code, out, err } = await run(['rules', 'check', 'rules']);
    expect(code).toBe(0);
    expect(out).toBe(
      ['empty', 'remark']
        .map((name) => `rules/${name}.yml:1:1: empty_file: The file holds no rule.\n`)
        .join(''),
    );
    expect(err).toContain('1 rule of 3 files can be used; 0 errors, 2 warnings.');
    expect(err).toContain('1 correlation can be read; the platform does not run them yet.');
    expect(JSON.parse((await run(['rules', 'check', 'rules', '--json'])).out)).toMatchObject({
      rules: 1,
      correlations: 1,
      errors: [],
      warnings: [{ path: 'rules/empty.yml' }, { path: 'rules/remark.yml' }],
      codes: { empty_file: 2 },
    });
  });

  it('names every error with its place', async () => {
    writeFileSync(
      path.join(folder, 'a.yml'),
      rule('11111111-1111-4111-8111-111111111111', 'selection and nothing'),
    );
    writeFileSync(path.join(folder, 'b.yml'), 'title: [');
    writeFileSync(path.join(folder, 'c.yml'), rule('22222222-2222-4222-8222-222222222222'));
    writeFileSync(path.join(folder, 'd.yml'), rule('22222222-2222-4222-8222-222222222222'));
    const { code, out } = await run(['rules', 'check', '.']);
    expect(code).toBe(1);
    expect(out).toMatch(/^a\.yml:8:\d+: unknown_identifier: .+/m);
    expect(out).toMatch(/^b\.yml:1:\d+: yaml_syntax: .+/m);
    expect(out).toMatch(/^d\.yml:1:1: duplicate_id: .+/m);
  });

  it('tells of rules whose log source no events are taken for', async () => {
    const lonely = (id: number, product: string) =>
      `title: Alone\nid: 1111111${id}-1111-4111-8111-111111111111\nlogsource: { product: ${product} }\ndetection: { selection: { a: 1 }, condition: selection }\n`;
    mkdirSync(path.join(folder, 'rules'));
    writeFileSync(
      path.join(folder, 'rules', 'a.yml'),
      [lonely(1, 'windoze'), lonely(2, 'windows'), lonely(3, 'windoze')].join('---\n'),
    );
    const { code, err } = await run(['rules', 'check', 'rules']);
    expect(code).toBe(0);
    expect(err).toContain(
      '2 rules can match nothing, since no source is known that has such a log source: windoze 2 (npm run parapet -- sources list shows',
    );
  });

  it('says so when there is nothing to check', async () => {
    expect((await run(['rules', 'check', '.'])).err).toContain('No rule files');
    expect((await run(['rules', 'check', 'missing'])).err).toContain('cannot be read');
  });
});
