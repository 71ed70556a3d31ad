import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../package/build-package.ts';

const run = promisify(execFile);
const modules = path.join(import.meta.dirname, '../../../node_modules');

/** What the README shows, as somebody else's program. */
const example = `import { compileRules, createCorrelationEngine, parseRules } from '@parapet/sigma';

const text = [
  'title: Whoami', 'id: w', 'logsource: { product: windows }',
  'detection: { a: { "Image|endswith": "whoami.exe" }, condition: a }',
  '---',
  'title: Twice', 'id: t',
  'correlation: { type: event_count, rules: [w], group-by: [Host], timespan: 1m, condition: { gte: 2 } }',
].join('\\n');
const parsed = parseRules(text);
const set = compileRules(parsed.rules, parsed);
const engine = createCorrelationEngine(set.correlations);
const found: string[] = [];
for (const time of [0, 30_000]) {
  const event: Record<string, string> = { Image: 'C:\\\\Windows\\\\whoami.exe', Host: 'srv' };
  for (const { id } of set.match(event, [{ product: 'windows' }])) {
    const matches = engine.add({ rule: id, time, ref: String(time), field: (name) => event[name] });
    found.push(id, ...matches.map(({ correlation }) => correlation.id));
  }
}
console.log(JSON.stringify({ found, errors: [...parsed.errors, ...set.errors] }));
`;

describe('the package as npm users get it', () => {
  let folder: string;
  let packed: { readonly filename: string; readonly files: readonly { readonly path: string }[] };
  const at = (...parts: readonly string[]) => path.join(folder, ...parts);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'parapet-sigma-'));
    await buildPackage(at('package'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, at('package')]);
    [packed = { filename: '', files: [] }] = JSON.parse(stdout) as (typeof packed)[];
    await mkdir(at('user'));
    await writeFile(
      at('user/package.json'),
      JSON.stringify({
        type: 'module',
        dependencies: {
          '@parapet/sigma': `file:${at(packed.filename)}`,
          // Its only dependency, from here: tests fetch nothing.
          yaml: `file:${path.join(modules, 'yaml')}`,
        },
      }),
    );
    const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    await run('npm', ['install', ...quiet], { cwd: at('user') });
    await writeFile(at('user/example.ts'), example);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds JavaScript, declarations and documents, and nothing else', () => {
    const files = packed.files.map((file) => file.path);
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'index.js',
        'index.d.ts',
        'docs/engine.md',
      ]),
    );
    expect(files.filter((file) => !/\.(?:js|d\.ts|md)$|^package\.json$|^LICENSE$/u.test(file))).toEqual([]);
    expect(files.filter((file) => /test|corpus|integration/u.test(file) && !file.endsWith('.md'))).toEqual(
      [],
    );
  });

  it('runs in an empty project', async () => {
    const { stdout } = await run(process.execPath, ['example.ts'], { cwd: at('user') });
    expect(JSON.parse(stdout)).toEqual({ found: ['w', 'w', 't'], errors: [] });
  });

  it('has declarations that a strict project can check against', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    await run(
      path.join(modules, '.bin/tsc'),
      [...options, '--typeRoots', path.join(modules, '@types'), 'example.ts'],
      { cwd: at('user') },
    );
  });
});
