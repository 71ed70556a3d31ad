import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '@parapet/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRuleFiles } from './rule-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'parapet-rules-'));
});
afterEach(() => rm(dir, { recursive: true }));

const rule = (title: string): string =>
  `title: ${title}\nlogsource:\n  product: windows\ndetection:\n  selection:\n    EventID: 1\n  condition: selection\n`;

describe('rule files', () => {
  it('are found in subfolders by their suffix, in the order of their paths', async () => {
    await mkdir(path.join(dir, 'b/c'), { recursive: true });
    await writeFile(path.join(dir, 'b/c/two.yaml'), rule('two'));
    await writeFile(path.join(dir, 'a.yml'), rule('one'));
    await writeFile(path.join(dir, 'notes.md'), 'not a rule');
    const { rules, errors, files } = await openRuleFiles({ folders: [dir] }).load();
    expect(rules.map(({ title }) => title)).toEqual(['one', 'two']);
    expect([errors, files]).toEqual([[], 2]);
  });

  it('that cannot be used are errors with their path, and the others are taken', async () => {
    await writeFile(path.join(dir, 'bad.yml'), 'title: [');
    await writeFile(path.join(dir, 'good.yml'), rule('good'));
    await writeFile(path.join(dir, 'huge.yml'), 'x'.repeat(9 * 1024 * 1024));
    const { rules, errors } = await openRuleFiles({ folders: [dir] }).load();
    expect(rules).toHaveLength(1);
    expect(errors.map(({ path: file, code }) => [path.basename(file ?? ''), code])).toEqual([
      ['bad.yml', 'yaml_syntax'],
      ['huge.yml', 'yaml_limit'],
    ]);
  });

  it('may hold filters, which are taken, and correlations or nothing, which is told', async () => {
    const filter =
      'title: f\nlogsource:\n  product: windows\nfilter:\n  rules: any\n  a:\n    b: c\n  condition: not a\n';
    const correlation =
      'title: c\nid: c\ncorrelation:\n  type: temporal\n  rules: [one, two]\n  timespan: 1m\n';
    await writeFile(path.join(dir, 'all.yml'), [rule('one'), filter, correlation].join('---\n'));
    await writeFile(path.join(dir, 'empty.yml'), '');
    await writeFile(path.join(dir, 'filter.yml'), filter.replace('title: f', 'title: g'));
    const { rules, filters, errors, withoutRules } = await openRuleFiles({ folders: [dir] }).load();
    expect([rules.length, filters.length]).toEqual([1, 2]);
    expect(withoutRules).toEqual([path.join(dir, 'empty.yml'), path.join(dir, 'filter.yml')]);
    expect(errors).toMatchObject([
      { code: 'unsupported_correlation', ruleId: 'c', line: 18 },
      { code: 'not_a_rule', path: path.join(dir, 'empty.yml'), line: 1, column: 1 },
    ]);
  });

  it('of a mounted ConfigMap are taken once each, and seen to change when its version does', async () => {
    const mount = path.join(dir, 'mount');
    for (const [version, title] of [
      ['..2026_01', 'old'],
      ['..2026_02', 'new'],
    ] as const) {
      await mkdir(path.join(mount, version), { recursive: true });
      await writeFile(path.join(mount, version, 'x.yml'), rule(title));
    }
    await symlink('..2026_01', path.join(mount, '..data'));
    await symlink('..data/x.yml', path.join(mount, 'x.yml'));
    const ruleFiles = openRuleFiles({ folders: [mount] });
    const { digest } = await ruleFiles.look();
    const before = await ruleFiles.load();
    expect([before.rules.map(({ title }) => title), before.errors, before.files]).toEqual([['old'], [], 1]);
    await symlink('..2026_02', path.join(mount, '..data_tmp'));
    await rename(path.join(mount, '..data_tmp'), path.join(mount, '..data'));
    expect((await ruleFiles.look()).digest).not.toBe(digest);
    expect((await ruleFiles.load()).rules.map(({ title }) => title)).toEqual(['new']);
  });

  it('behind loops of links are taken once, and links that lead nowhere are errors that stop nothing', async () => {
    const inside = path.join(dir, 'rules');
    await mkdir(path.join(dir, 'more'));
    await mkdir(inside);
    await writeFile(path.join(inside, 'a.yml'), rule('a'));
    await writeFile(path.join(dir, 'more/b.yml'), rule('b'));
    for (const [target, name] of [
      ['.', 'x'],
      ['.', 'y'],
      ['a.yml', '0.yml'],
      ['../more', 'more'],
      ['gone.yml', 'c.yml'],
    ] as const)
      await symlink(target, path.join(inside, name));
    const ruleFiles = openRuleFiles({ folders: [inside] });
    const { rules, errors, files } = await ruleFiles.load();
    expect(rules.map(({ path: file }) => path.relative(inside, file ?? ''))).toEqual(['a.yml', 'more/b.yml']);
    expect(errors).toMatchObject([{ path: path.join(inside, 'c.yml'), message: 'The link leads nowhere.' }]);
    expect(files).toBe(2);
    expect((await ruleFiles.look()).folders).toEqual([inside, path.join(inside, 'more')]);
  });

  it('in a folder that cannot be read are a clear error', async () => {
    await expect(openRuleFiles({ folders: [path.join(dir, 'none')] }).load()).rejects.toThrow(
      /none cannot be read .*RULES_DIRS/,
    );
    await writeFile(path.join(dir, 'file'), '');
    await expect(openRuleFiles({ folders: [path.join(dir, 'file')] }).load()).rejects.toThrow(/not a folder/);
    await expect(openRuleFiles({ folders: [path.join(dir, 'file')] }).load()).rejects.toThrow(ConfigError);
  });

  it('look other than before when one is written, replaced, moved, added or removed, or the placeholders are', async () => {
    const placeholdersFile = path.join(dir, 'names.conf');
    await writeFile(path.join(dir, 'a.yml'), rule('one'));
    const files = openRuleFiles({ folders: [dir], placeholdersFile });
    const digests = new Set([(await files.look()).digest]);
    expect((await files.look()).digest).toBe([...digests][0]);
    const changes = [
      () => writeFile(path.join(dir, 'a.yml'), rule('two')),
      async () => {
        await writeFile(path.join(dir, 'a.yml.tmp'), rule('six'));
        await rename(path.join(dir, 'a.yml.tmp'), path.join(dir, 'a.yml'));
      },
      () => rename(path.join(dir, 'a.yml'), path.join(dir, 'b.yml')),
      () => mkdir(path.join(dir, 'sub')).then(() => writeFile(path.join(dir, 'sub/c.yml'), rule('c'))),
      () => rm(path.join(dir, 'b.yml')),
      () => writeFile(placeholdersFile, 'a: b\n'),
    ];
    for (const [index, change] of changes.entries()) {
      await change();
      digests.add((await files.look()).digest);
      expect(digests.size).toBe(index + 2);
    }
    expect((await files.look()).folders).toEqual([dir, path.join(dir, 'sub'), dir]);
  });

  it('come with the placeholders, whose faults are clear errors', async () => {
    const placeholdersFile = path.join(dir, 'names.conf');
    const files = openRuleFiles({ folders: [dir], placeholdersFile });
    await expect(files.load()).rejects.toThrow(/names.conf cannot be read .*PLACEHOLDERS_FILE/);
    await expect(files.load()).rejects.toThrow(ConfigError);
    await writeFile(placeholdersFile, 'admins: [root]\n');
    expect({ ...(await files.load()).placeholders }).toEqual({ admins: ['root'] });
    await writeFile(placeholdersFile, 'admins: [root\n');
    await expect(files.load()).rejects.toThrow(
      /names.conf cannot be used: line \d+, column \d+: .*PLACEHOLDERS_FILE/,
    );
    await expect(files.load()).rejects.toThrow(ConfigError);
  });
});
