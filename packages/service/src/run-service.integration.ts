import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'parapet-service-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process of its own that runs a service whose start is `body`. */
async function run(body: string, env: Record<string, string> = {}) {
  const file = path.join(folder, `${crypto.randomUUID()}.mjs`);
  const library = fileURLToPath(new URL('./index.ts', import.meta.url));
  await writeFile(
    file,
    `import { runService, lakeConfig } from ${JSON.stringify(library)};
     await runService({ name: 'probe', config: lakeConfig, async start({ log, lifecycle }) { ${body} } });`,
  );
  const child = fork(file, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { LAKE_DIR: '/lake', ...env } });
  const text = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    text.err += chunk;
  });
  // Not 'close': it does not come after the parent has disconnected.
  const closed = Promise.all([
    once(child, 'exit'),
    child.stdout && once(child.stdout, 'end'),
    child.stderr && once(child.stderr, 'end'),
  ]);
  return { child, text, exitCode: async (): Promise<number | null> => (await closed)[0][0] };
}

describe('a service in a process of its own', () => {
  it('tells its parent that it is ready and ends with 0 after SIGTERM', async () => {
    const { child, exitCode } = await run(`return { addresses: { http: 'http://here' } };`);
    const [message] = await once(child, 'message');
    expect(message).toMatchObject({ type: 'ready', service: 'probe', addresses: { http: 'http://here' } });
    child.kill('SIGTERM');
    expect(await exitCode()).toBe(0);
  });

  it('stops in order when its parent is gone', async () => {
    const { child, exitCode, text } = await run(`lifecycle.onStop('drain', 'work', () => {});`);
    await once(child, 'message');
    child.disconnect();
    expect(await exitCode()).toBe(0);
    expect(text.out).toContain('"step":"work"');
  });

  it('writes the reason of a crash to the end before it exits with 1', async () => {
    const { exitCode, text } = await run(
      `setTimeout(() => { throw new Error('x'.repeat(200_000) + ' the end'); }, 1);`,
    );
    expect(await exitCode()).toBe(1);
    const last = JSON.parse(text.out.trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ level: 'fatal' });
    expect(last.err.message).toMatch(/ the end$/);
  });

  it('exits with 78 and all problems when its configuration is wrong', async () => {
    const { exitCode, text } = await run('', { LAKE_DIR: '', OPS_PORT: 'x' });
    expect(await exitCode()).toBe(78);
    expect(text.err).toContain('LAKE_DIR is required');
    expect(text.err).toContain('OPS_PORT was given "x"');
  });
});
