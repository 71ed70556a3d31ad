import { createServer } from 'node:net';
import { CommandError } from '../command-error.ts';

const loopback = '127.0.0.1';
/** Below the range from which systems take the ports of outgoing connections, so that a restarted process gets its port again. */
const range = { first: 20_000, last: 31_999 };

/** True when `port` can be listened on now. */
export function isPortFree(port: number, host: string = loopback): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export interface PortSearch {
  /** Ports that somebody else is about to take. */
  readonly except?: readonly number[];
  readonly random?: () => number;
}

/** `count` different ports on 127.0.0.1 that are free now. */
export async function findFreePorts(count: number, search: PortSearch = {}): Promise<number[]> {
  const { except = [], random = Math.random } = search;
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt > 1000 + count)
      throw new CommandError(`No free ports between ${range.first} and ${range.last} on ${loopback}.`);
    const port = range.first + Math.floor(random() * (range.last - range.first + 1));
    if (!ports.has(port) && !except.includes(port) && (await isPortFree(port))) ports.add(port);
  }
  return [...ports];
}

/** Refuses, with what to do, when a port that was asked for is taken. */
export async function requirePort(port: number, use: string, flag: string): Promise<void> {
  if (await isPortFree(port)) return;
  throw new CommandError(
    `Port ${port} on ${loopback} cannot be used for ${use}: another program has it, or this user may not. ` +
      `Stop that program, or choose another port with ${flag}.`,
  );
}
