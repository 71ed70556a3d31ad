import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CommandError, messageOf } from '../command-error.ts';
import { dataDirHolder } from './data-dir-lock.ts';

/** Where a running platform can be reached; kept in the data folder for the other commands. */
const RunningPlatform = z.object({
  pid: z.int(),
  graphqlUrl: z.url(),
  kafkaBrokers: z.string().min(1),
  databaseUrl: z.string().min(1),
});
export type RunningPlatform = z.infer<typeof RunningPlatform>;

export interface DataDir {
  readonly path: string;
  readonly broker: string;
  readonly postgres: string;
  readonly lake: string;
  logFile(name: string): string;
}

/**
 * Makes the folder that everything is kept in; what is in it is readable by this user alone. A folder that exists keeps its mode.
 * @throws {CommandError} that says what to do when it cannot be used.
 */
export function openDataDir(dir: string): DataDir {
  const folder = path.resolve(dir);
  const within = (name: string) => path.join(folder, name);
  try {
    const made = mkdirSync(folder, { recursive: true }) !== undefined;
    // Under root, PostgreSQL runs as another user and must be able to enter its own folder below.
    if (made) chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const name of ['broker', 'lake', 'logs']) mkdirSync(within(name), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CommandError(
      `The data folder ${folder} cannot be used: ${messageOf(error)}. ` +
        'Choose a folder that this user may write with --data-dir (or PARAPET_DATA_DIR), or change its owner.',
      { cause: error },
    );
  }
  return {
    path: folder,
    broker: within('broker'),
    postgres: within('postgres'),
    lake: within('lake'),
    logFile: (name) => within(path.join('logs', `${name}.log`)),
  };
}

/** The key by which the gateway signs identities: made at the first start, kept readable by this user alone. */
export function readGatewaySecret(dir: DataDir): string {
  const file = path.join(dir.path, 'gateway-secret');
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (Buffer.from(secret, 'base64').length >= 32) return secret;
    throw new CommandError(
      `${file} does not hold a key of 32 bytes. Remove it: a new one is made at the next start.`,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(32).toString('base64');
  writePrivately(file, secret);
  return secret;
}

export function writeRunningPlatform(dir: DataDir, platform: RunningPlatform): void {
  writePrivately(path.join(dir.path, 'running.json'), JSON.stringify(platform));
}

/** The platform that runs in `dir` now, or undefined. */
export function readRunningPlatform(dir: string): RunningPlatform | undefined {
  try {
    const platform = RunningPlatform.parse(JSON.parse(readFileSync(path.join(dir, 'running.json'), 'utf8')));
    return dataDirHolder(dir) === platform.pid ? platform : undefined;
  } catch {
    return undefined;
  }
}

/** The file appears whole, and nobody else may read it at any time. */
function writePrivately(file: string, text: string): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  renameSync(draft, file);
}
