import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-placeholders-'));
  mkdirSync(path.join(folder, 'rules'));
  write(
    'rules/rule.yml',
    `title: Logon of an administrator
id: 11111111-1111-4111-8111-111111111111
level: high
logsource: { product: windows, service: security }
detection:
  selection: { TargetUserName|expand: '%Admins%' }
  condition: selection
`,
  );
  write('names.yml', 'Admins: [root, boss]\n');
  write('events.ndjson', JSON.stringify({ Channel: 'Security', EventID: 4624, TargetUserName: 'boss' }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string) => writeFileSync(path.join(folder, name), content);

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = runInProcess(args, { cwd: folder, env });
  return { code: await command.ended, out: command.out(), err: command.err() };
}

const check = ['rules', 'check', 'rules'];
const explain = ['rules', 'explain', 'rules/rule.yml', 'events.ndjson', '--json'];
const hunt = ['hunt', 'events.ndjson', '--rules', 'rules', '--workers', '1', '--json'];

describe('placeholders', () => {
  it.each([
    [check, 'unresolved_placeholder', '1 rule of 1 file can be used; 0 errors.'],
    [explain, 'The placeholder %Admins% has no values', '"matched":true'],
    [hunt, 'unresolved_placeholder', '"matches": 1'],
  ])('of a file, or of the environment, are for %j', async (args, without, found) => {
    const missing = await run(args);
    expect(missing.out + missing.err).toContain(without);
    expect(missing.out + missing.err).not.toContain(found);
    for (const given of [
      await run([...args, '--placeholders', 'names.yml']),
      await run(args, { PLACEHOLDERS_FILE: 'names.yml' }),
      await run([...args, '--placeholders', 'names.yml'], { PLACEHOLDERS_FILE: 'none.yml' }),
    ]) {
      expect(given.out + given.err).toContain(found);
      expect(given.code).toBe(0);
    }
  });

  it('are those of the processor when a platform is started', async () => {
    write('file', '');
    const up = ['up', '--rules', 'rules', '--data-dir', 'file/data'];
    expect((await run(up)).err).toContain('0 loaded, 1 refused');
    expect((await run(up, { PLACEHOLDERS_FILE: 'names.yml' })).err).toContain('rules: 1 loaded, 0 refused');
  });

  it.each([check, explain, hunt])('that cannot be used are told with their places: %j', async (...args) => {
    write('names.yml', 'Admins: [root]\na b: x\nOther: { deep: 1 }\n');
    const bad = await run([...args, '--placeholders', 'names.yml']);
    const file = path.join(folder, 'names.yml');
    expect(bad.err).toContain(`The placeholders in ${file} cannot be used:\n${file}:2:1: \`a b\` can be no`);
    expect(bad.err).toContain(`${file}:3:8: A placeholder stands for texts or numbers.`);
    expect(bad).toMatchObject({ code: 2, out: '' });
    const none = await run(args, { PLACEHOLDERS_FILE: 'none.yml' });
    expect(none.err).toContain('none.yml, which PLACEHOLDERS_FILE names, cannot be read: there is no such');
    expect(none.code).toBe(78);
  });
});
