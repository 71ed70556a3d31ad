import { execFileSync } from 'node:child_process';

/** Makes a named pipe, which Node itself has no call for. */
export function makePipe(file: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$0"', file]);
}
