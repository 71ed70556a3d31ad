import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInProcess } from '../testing/run-in-process.ts';

/** `parapet hunt` over real rules and events, held against the expected matches; skipped where there is no corpus. */
const root = path.resolve(import.meta.dirname, '../../../..');
const corpus = path.resolve(root, process.env['PARAPET_CORPUS'] || '../shared/corpus');
const hasCorpus = existsSync(path.join(corpus, 'INDEX.md'));
if (!hasCorpus) console.warn(`Skipped: there is no corpus at ${corpus}; set PARAPET_CORPUS to its folder.`);

const rules = ['rules', 'rules-emerging-threats', 'rules-threat-hunting'].flatMap((folder) => [
  '--rules',
  path.join(corpus, 'sigma', folder),
]);

async function hunt(...args: string[]) {
  const command = runInProcess(['hunt', ...args, ...rules, '--json', '--no-progress'], { cwd: root });
  const code = await command.ended;
  return { code, summary: JSON.parse(command.out()) };
}

describe.skipIf(!hasCorpus)('a hunt through the corpus', () => {
  it('finds in the Windows captures what is expected, with the known differences alone', {
    timeout: 500_000,
  }, async () => {
    const { code, summary } = await hunt(
      path.join(corpus, 'windows-otrf/captures'),
      '--expect',
      path.join(corpus, 'windows-otrf/expected-matches.ndjson'),
      '--known',
      path.join(root, 'tests/corpus/known-differences.ndjson'),
    );
    expect(summary).toMatchObject({
      events: 312_758,
      files: 57,
      rejected: [],
      unreadable: [],
      comparison: { expected: 3898, missing: 0, unexplained: 0 },
    });
    expect(code).toBe(0);
  });

  it('finds in the CloudTrail arrays exactly what is expected, by index', async () => {
    const { code, summary } = await hunt(
      path.join(corpus, 'cloudtrail-stratus'),
      '--expect',
      path.join(corpus, 'cloudtrail-stratus/expected-matches.ndjson'),
    );
    expect(summary).toMatchObject({
      events: 310,
      sources: [{ source: 'aws-cloudtrail', events: 310 }],
      comparison: { missing: 0, extra: 0 },
    });
    expect(code).toBe(0);
  });
});
