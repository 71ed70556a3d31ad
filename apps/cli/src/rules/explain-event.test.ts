import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';
import { sourcesOf } from './explain-event.ts';

const id = '11111111-1111-4111-8111-111111111111';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-explain-'));
  write(
    'rule.yml',
    `title: A shell of Office
id: ${id}
logsource: { product: windows, category: process_creation }
detection:
  shell:
    Image|endswith: ['\\cmd.exe', '\\powershell.exe']
  office:
    - ParentImage|endswith: '\\WINWORD.EXE'
    - ParentImage|endswith: '\\EXCEL.EXE'
  filter:
    CommandLine: null
  condition: shell and office and not filter
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string) => writeFileSync(path.join(folder, name), content);
const audit = (fields: object) =>
  JSON.stringify({
    Event: {
      System: {
        EventID: 4688,
        Channel: 'Security',
        Provider: { '#attributes': { Name: 'Microsoft-Windows-Security-Auditing' } },
      },
      EventData: fields,
    },
  });
const shell = audit({
  NewProcessName: 'C:\\Windows\\System32\\cmd.exe',
  ParentProcessName: 'C:\\Office16\\WINWORD.EXE',
  CommandLine: 'cmd \u001b[2J',
});
const other = JSON.stringify({ Channel: 'System', EventID: 7045 });

async function explain(...args: string[]) {
  const command = runInProcess(['rules', 'explain', ...args], { cwd: folder });
  return { code: await command.ended, out: command.out(), err: command.err() };
}

describe('parapet rules explain', () => {
  it('shows what each part asks and what the event has, by the names that its source gives fields', async () => {
    write('events.json', `${other}\n${shell}\n`);
    const { code, out, err } = await explain('rule.yml', 'events.json');
    expect(code).toBe(0);
    expect(out).toMatch(/^A shell of Office matches: events\.json line 2$/m);
    expect(out).toContain(
      'source windows-security; log sources of the event: windows/security, windows/process_creation',
    );
    expect(out.split('\n').slice(2, -2)).toEqual([
      '  + all of',
      '    + shell',
      '      + Image|endswith  (line 6)',
      '          rule:  "\\\\cmd.exe", "\\\\powershell.exe"',
      '          event: "C:\\\\Windows\\\\System32\\\\cmd.exe"',
      '          holds: "\\\\cmd.exe"',
      '    + office (any of)',
      '      + ParentImage|endswith  (line 8)',
      '          rule:  "\\\\WINWORD.EXE"',
      '          event: "C:\\\\Office16\\\\WINWORD.EXE"',
      '      - ParentImage|endswith  (line 9)',
      '          rule:  "\\\\EXCEL.EXE"',
      '          event: "C:\\\\Office16\\\\WINWORD.EXE"',
      '    + not',
      '      - filter',
      '        - CommandLine  (line 11)',
      '            rule:  null',
      '            event: "cmd \\u001b[2J"',
    ]);
    expect(err).toContain('1 event explained of 1 that the rule is asked about, in 2; 1 of them matched');
  });

  it('says when the log source keeps the rule from being asked', async () => {
    write('events.json', `[${other}]`);
    const { code, out } = await explain('rule.yml', 'events.json', '--line', '0');
    expect(code).toBe(0);
    expect(out).toContain('does not match: events.json index 0');
    expect(out).toContain(
      'The rule looks at windows/process_creation (sources windows-sysmon, windows-security',
    );
    expect(out).toContain('it is not asked about this event.');
    expect(out).toContain('event: the field is absent');
  });

  it('shows the filters that narrow the rule', async () => {
    write('events.json', shell);
    write(
      'filter.yml',
      `title: Macros that are known
id: 55555555-5555-4555-8555-555555555555
logsource: { product: windows, category: process_creation }
filter:
  rules: [${id}]
  known: { ParentImage|contains: Office16 }
  condition: not known
`,
    );
    const { out } = await explain('rule.yml', 'events.json', '--rules', '.');
    expect(out).toContain('does not match: events.json line 1');
    expect(out).toMatch(
      /^ {2}- filter "Macros that are known" lets it through\n {4}- not\n {6}\+ known\n {8}\+ ParentImage\|contains/m,
    );
  });

  it('takes a rule by its id, and answers JSON', async () => {
    write('events.json', shell);
    const { out } = await explain(id, 'events.json', '--rules', '.', '--json');
    expect(JSON.parse(out)).toMatchObject({
      file: 'events.json',
      line: 1,
      rule: id,
      source: 'windows-security',
      isRouted: true,
      explanation: { matched: true },
    });
  });

  it.each([
    [['nothing', 'events.json'], 'neither a file nor the id of a rule'],
    [['rule.yml', 'missing.json'], 'missing.json cannot be read: there is no such file'],
    [['rule.yml', 'events.json', '--line', '7'], 'no event that can be decoded at 7; it has 1 event'],
    [['bad.yml', 'events.json'], 'bad.yml:1:'],
    [['empty.yml', 'events.json'], 'holds no rule'],
  ])('%j is told in a sentence', async (args, message) => {
    write('events.json', shell);
    write('bad.yml', 'title: [');
    write('empty.yml', '');
    const { code, err } = await explain(...args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });

  it('knows which sources a log source is of', () => {
    expect(sourcesOf({ product: 'aws', service: 'cloudtrail' })).toEqual(['ocsf', 'aws-cloudtrail']);
    expect(sourcesOf({ product: 'no such product' })).toEqual([]);
  });
});

describe('parapet rules check --json', () => {
  it('answers all errors and their counts', async () => {
    write('bad.yml', 'title: [');
    const command = runInProcess(['rules', 'check', '.', '--json'], { cwd: folder });
    expect(await command.ended).toBe(1);
    expect(JSON.parse(command.out())).toMatchObject({
      files: 2,
      rules: 1,
      errors: [{ path: 'bad.yml', line: 1, code: 'yaml_syntax' }],
      codes: { yaml_syntax: 1 },
    });
  });
});
