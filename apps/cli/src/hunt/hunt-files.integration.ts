import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePipe } from '../testing/make-pipe.ts';
import { runInProcess } from '../testing/run-in-process.ts';

const main = path.join(import.meta.dirname, '../main.ts');
const shellRule = '11111111-1111-4111-8111-111111111111';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-hunt-files-'));
  write(
    'rules/shell.yml',
    `title: A shell
id: ${shellRule}
level: high
logsource: { product: windows, category: process_creation }
detection:
  selection: { Image|endswith: '\\cmd.exe' }
  condition: selection
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Buffer): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
}

const shell = `${JSON.stringify({
  SourceName: 'Microsoft-Windows-Sysmon',
  Channel: 'Microsoft-Windows-Sysmon/Operational',
  EventID: 1,
  Image: 'C:\\Windows\\System32\\cmd.exe',
})}\n`;

async function hunt(...args: string[]) {
  const command = runInProcess(['hunt', '--rules', 'rules', '--workers', '1', ...args], { cwd: folder });
  return { code: await command.ended, err: command.err() };
}

const read = (name: string) =>
  readFileSync(path.join(folder, name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the files of parapet hunt', () => {
  it('are looked at once whatever links lead to them, as are rules; links that lead nowhere are told', async () => {
    write('in/a.ndjson', shell);
    write('elsewhere/b.ndjson', shell);
    for (const [target, link] of [
      ['.', 'in/x'],
      ['.', 'in/y'],
      ['../elsewhere/b.ndjson', 'in/b.ndjson'],
      ['gone', 'in/c.ndjson'],
      ['.', 'rules/x'],
      ['.', 'rules/y'],
    ] as const)
      symlinkSync(target, path.join(folder, link));
    const { code, err } = await hunt('in', '--output', 'out');
    expect(code).toBe(0);
    expect(err).toContain('c.ndjson is a link that leads nowhere: it is left out.');
    expect(read('out').map(({ file }) => file)).toEqual(['a.ndjson', 'b.ndjson']);
  });

  it('are no pipes that may never give anything, nor are rules', async () => {
    makePipe(path.join(folder, 'pipe.yml'));
    write('in/a.ndjson', shell);
    for (const args of [['pipe.yml'], ['in', '--rules', 'pipe.yml'], ['in', '--placeholders', 'pipe.yml']]) {
      const { code, err } = await hunt(...args);
      expect(err).toMatch(
        /pipe\.yml.* cannot be read: it is a pipe or a device, neither a file nor a folder/,
      );
      expect(code).toBe(args.includes('--placeholders') ? 2 : 1);
    }
  });

  it('may be pipes that a shell hands over open', async () => {
    write('in/a.ndjson', shell);
    for (const pipe of ['/dev/stdin', '/dev/fd/3']) {
      const command = `cat in/a.ndjson | "$0" "$1" hunt ${pipe} --rules rules --json 3<&0`;
      const out = execFileSync('sh', ['-c', command, process.execPath, main], { cwd: folder, stdio: 'pipe' });
      expect(JSON.parse(String(out))).toMatchObject({ events: 1, matches: 1, rulesLoaded: 1 });
    }
  });

  it('packed by gzip with garbage behind are read up to that, and are told as damaged', async () => {
    write('in/a.json.gz', Buffer.concat([gzipSync(shell), Buffer.from('garbage')]));
    const { code, err } = await hunt('in', '--output', 'out');
    expect(read('out')).toEqual([{ file: 'a.json.gz', line: 1, rules: [shellRule] }]);
    expect(err).toContain(
      '1 of 1 files could not be read to their end, e.g. a.json.gz: bytes that are not gzip follow its packed data',
    );
    expect(code).toBe(1);
  });

  it('that end inside their JSON array are read up to that, and are told as damaged', async () => {
    write('in/a.json', `[${shell.trim()},{"cut":`);
    const { code, err } = await hunt('in', '--output', 'out');
    expect(read('out')).toEqual([{ file: 'a.json', index: 0, rules: [shellRule] }]);
    expect(err).toContain('e.g. a.json: The file ends inside its JSON array.');
    expect(code).toBe(1);
  });

  it('that end inside their packed array are told once, by what was cut off', async () => {
    const ids = Array.from({ length: 2_000 }, () => JSON.stringify({ id: crypto.randomUUID() }));
    const packed = gzipSync(`[${ids.join()}]`);
    write('in/a.json.gz', packed.subarray(0, packed.length / 2));
    const { code, err } = await hunt('in', '--output', 'out');
    expect(err).toContain('1 of 1 files could not be read to their end, e.g. a.json.gz: ');
    expect(err).not.toContain('inside its JSON array');
    expect(code).toBe(1);
  });

  it('of expected matches are read before anything else', async () => {
    write('in/a.ndjson', shell);
    write('expected', '{"file":"a.ndjson","rules":[]}');
    const { code, err } = await hunt('in', '--expect', 'expected', '--output', 'out');
    expect(err).toContain('expected:1 cannot be used: "line" or "index" is missing. Each line has to be');
    expect(code).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(['expected', 'in', 'rules']);
  });

  it('of rules that are not there are told', async () => {
    write('in/a.ndjson', shell);
    const command = runInProcess(['hunt', 'in', '--rules', 'in'], { cwd: folder });
    expect(await command.ended).toBe(1);
    expect(command.err()).toContain('There are no rule files (.yml, .yaml) in ');
  });

  it('that are read are never replaced by results, nor results by each other', async () => {
    const text = shell;
    write('in/a.ndjson', text);
    write('in/b.ndjson', text);
    write('expected', '');
    symlinkSync('in/a.ndjson', path.join(folder, 'link'));
    symlinkSync('in', path.join(folder, 'linked'));
    const input = 'in/a.ndjson';
    for (const args of [
      [input, '--output', input],
      [input, '--output', './in/../in/a.ndjson'],
      [input, '--output', 'link'],
      ['link', '--output', input],
      [input, '--rejected', 'linked/a.ndjson'],
      [input, '--output', 'new', '--rejected', './new'],
      ['in', '--output', 'in/new', '--rejected', 'linked/new'],
      [input, '--expect', 'expected', '--output', 'expected'],
      [input, '--rules', 'rules/shell.yml', '--output', 'rules/shell.yml'],
    ]) {
      const { code, err } = await hunt(...args);
      expect(err).toMatch(
        /^parapet: --(output|rejected) names .* too: it would be overwritten\. Name another file/,
      );
      expect(code).toBe(2);
    }
    expect(readFileSync(path.join(folder, input), 'utf8')).toBe(text);
    expect(readdirSync(folder).sort()).toEqual(['expected', 'in', 'link', 'linked', 'rules']);
    const both = await hunt('in', '--output', '/dev/null', '--rejected', '/dev/null');
    expect(both.code).toBe(0);
  });
});
