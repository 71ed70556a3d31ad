import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { corpus } from './detection-input.ts';
import type { EngineCommand, EngineRound, EngineWorkerData } from './engine-worker.ts';

/** One worker of the engine's benchmarks; see `engine-worker.ts`. */
export interface EngineShare {
  /** Makes a new engine: nothing of the rounds before is known to it, but the machine code of them is. */
  prepare(): Promise<void>;
  round(): Promise<EngineRound>;
  close(): Promise<void>;
}

export function startEngineShare(data: EngineWorkerData): Promise<EngineShare> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { workerData: data });
    const waiting: ((answer: unknown) => void)[] = [];
    const ask = <T>(command: EngineCommand): Promise<T> =>
      new Promise<T>((done) => {
        waiting.push((answer) => done(answer as T));
        worker.postMessage(command);
      });
    worker.on('error', reject);
    worker.once('message', () => {
      worker.on('message', (answer) => waiting.shift()?.(answer));
      resolve({
        prepare: () => ask('prepare'),
        round: () => ask<EngineRound>('round'),
        close: async () => {
          await worker.terminate();
        },
      });
    });
  });
}

/** Everything that can be known: assets, users, indicators, zones, and countries where the corpus has a database. Returns the file. */
export function writeEnrichment(folder: string): string {
  const hosts = Array.from(
    { length: 5_000 },
    (_, host) =>
      `ws-${host}.corp.example,10.${(host >> 8) & 15}.${(host & 255) >> 2}.${1 + (host & 3) * 60},${host % 50 === 0 ? 'critical' : 'low'},team${host % 20}`,
  );
  writeFileSync(path.join(folder, 'assets.csv'), `host,address,criticality,owner\n${hosts.join('\n')}\n`);
  const users = Array.from({ length: 2_000 }, (_, user) => `user${user},${user % 100 === 0}`);
  writeFileSync(path.join(folder, 'users.csv'), `name,privileged\n${users.join('\n')}\n`);
  const bad = Array.from({ length: 100_000 }, (_, index) =>
    index % 2 === 0 ? `${20 + (index % 180)}.${index & 255}.${(index >> 8) & 255}.9` : `bad${index}.example`,
  );
  writeFileSync(path.join(folder, 'bad.txt'), bad.join('\n'));
  const countries = path.join(corpus, 'geo/test-data/GeoLite2-Country-Test.mmdb');
  writeFileSync(
    path.join(folder, 'enrichment.yml'),
    [
      'providers:',
      '  - { name: assets, kind: asset, file: assets.csv }',
      '  - { name: users, kind: user, file: users.csv }',
      '  - { name: bad, kind: indicator, file: bad.txt, confidence: 60 }',
      ...(existsSync(countries)
        ? [`  - { name: countries, kind: location, file: ${JSON.stringify(path.resolve(countries))} }`]
        : []),
      '',
    ].join('\n'),
  );
  return path.join(folder, 'enrichment.yml');
}
