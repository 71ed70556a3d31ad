import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import { createMigrationAdapterFactory } from './migration-adapter.ts';

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

/** The part of WebAssembly used here; TypeScript knows the rest of it only together with the whole DOM. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(
      bytes: Uint8Array,
      imports: Record<string, object>,
    ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
  };
};

let loading: Promise<EngineModule> | undefined;

/** Prisma's schema engine bound to a database, for the time of `use`. Its connection is closed afterwards. */
export async function withSchemaEngine<T>(
  url: string,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  loading ??= loadEngine();
  const { SchemaEngine: Engine } = await loading;
  const factory = createMigrationAdapterFactory(url);
  const opened: { dispose(): Promise<void> }[] = [];
  const connect = async () => {
    const adapter = await factory.connect();
    opened.push(adapter);
    return adapter;
  };
  try {
    const bound = bindMigrationAwareSqlAdapterFactory({ ...factory, connect });
    const engine = await Engine.new({ datamodels: undefined }, () => {}, bound);
    try {
      return await use(engine);
    } finally {
      engine.free();
    }
  } finally {
    for (const adapter of opened) await adapter.dispose();
  }
}

/** The package's own entry imports a .wasm file as a module, which prints a warning or does not work, by the version of Node. */
async function loadEngine(): Promise<EngineModule> {
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(script.replace(/\.js$/, '.wasm'));
  const { instance } = await webAssembly.instantiate(bytes, {
    './schema_engine_bg.js': withIdleTimers(glue),
  });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/** The engine leaves a ten-second timer behind, which would keep a process that is done alive for as long. */
function withIdleTimers(glue: EngineModule): object {
  const timers = Object.entries(glue).filter(([name]) => name.startsWith('__wbg_setTimeout_'));
  const idle = timers.map(([name, start]) => [
    name,
    (...args: unknown[]) => {
      const timer: unknown = (start as (...given: unknown[]) => unknown)(...args);
      if (timer instanceof Object && 'unref' in timer) (timer as NodeJS.Timeout).unref();
      return timer;
    },
  ]);
  return { ...glue, ...Object.fromEntries(idle) };
}
