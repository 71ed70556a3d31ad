import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

const rooms = ['apps', 'subgraphs', 'packages', 'tests', 'scripts', 'rules', 'bench'];
const files = (suffix: string) => rooms.map((room) => `${room}/**/*.${suffix}.ts`);

/** The suffix of a test file decides its runner; see "Tests" in the README. */
export default defineConfig({
  resolve: {
    // graphql comes as CommonJS and as ES modules; Node takes the first, Vite alone would take the second, and two
    // copies of graphql refuse each other's schemas.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    coverage: {
      provider: 'v8',
      include: ['apps/*/src/**/*.ts', 'subgraphs/*/src/**/*.ts', 'packages/*/src/**/*.ts'],
      exclude: ['**/generated/**', '**/main.ts', '**/*.test.ts', '**/*.integration.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'coverage',
    },
    projects: [
      // Limits are there for what hangs: a shared machine may be several times slower from one minute to the next.
      { extends: true, test: { name: 'unit', include: files('test'), testTimeout: 120_000 } },
      {
        // Real PostgreSQL, real Kafka protocol, real sockets; each file starts what it needs on free ports.
        extends: true,
        test: {
          name: 'integration',
          include: files('integration'),
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: 'forks',
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        // The contract suite on Apache Kafka (`npm run test:kafka`); needs java and mvn, else it is skipped.
        test: {
          name: 'kafka',
          include: files('kafka'),
          testTimeout: 60_000,
          hookTimeout: 300_000,
          pool: 'forks',
          maxWorkers: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: files('e2e'),
          testTimeout: 300_000,
          hookTimeout: 300_000,
          pool: 'forks',
          maxWorkers: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: files('chaos'),
          testTimeout: 600_000,
          hookTimeout: 300_000,
          pool: 'forks',
          maxWorkers: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'corpus',
          include: files('corpus'),
          testTimeout: 600_000,
          hookTimeout: 300_000,
          pool: 'forks',
          maxWorkers: 2,
        },
      },
    ],
  },
});
