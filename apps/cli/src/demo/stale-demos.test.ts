import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDir } from '../supervisor/data-dir-lock.ts';
import { removeStaleDemos } from './stale-demos.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parapet-stale-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('removes the folders of demos that were killed, and no others', async () => {
  const make = (name: string) => {
    const made = path.join(folder, name);
    mkdirSync(made);
    return made;
  };
  const [killed, running, beginning, foreign] = [
    make('parapet-demo-killed'),
    make('parapet-demo-running'),
    make('parapet-demo-beginning'),
    make('something-else'),
  ];
  for (const dead of [killed, foreign])
    writeFileSync(
      path.join(dead, 'supervisor.lock'),
      JSON.stringify({ pid: 2 ** 22 + 1, began: '1', since: 'x' }),
    );
  lockDataDir(running);
  await removeStaleDemos(folder);
  expect([killed, running, beginning, foreign].map(existsSync)).toEqual([false, true, true, true]);
});
