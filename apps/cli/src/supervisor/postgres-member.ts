import { EmbeddedPostgresError, startEmbeddedPostgres } from '@parapet/database/embedded';
import { FatalStartError, type Member } from './member.ts';
import { openRotatingLog } from './rotating-log.ts';

/** Embedded PostgreSQL as a member: always on the same port, so that its clients find it again after a restart. */
export function postgresMember(options: {
  readonly dir: string;
  readonly port: number;
  readonly logFile: string;
  /** Called before the member is ready. */
  onUrl(url: string): void;
}): Member {
  let ranBefore = false;
  return {
    name: 'postgres',
    async launch() {
      const log = openRotatingLog(options.logFile);
      try {
        const { dir, port } = options;
        const running = await startEmbeddedPostgres({ dir, port, log: (line) => log.write(`${line}\n`) });
        ranBefore = true;
        options.onUrl(running.url);
        const exited = running.exited.then((code) => {
          log.close();
          return { code, signal: code === null ? 'SIGKILL' : null };
        });
        return { pid: running.pid, exited, stop: () => running.stop() };
      } catch (error) {
        log.close();
        // It did run here: what stops it now may pass, such as the children of one that was killed.
        if (error instanceof EmbeddedPostgresError && !ranBefore) throw new FatalStartError(error.message);
        throw error;
      }
    },
  };
}
