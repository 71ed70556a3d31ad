import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { answerRequest } from './answer-request.ts';
import type { BrokerState } from './api.ts';
import { createApis } from './apis/all-apis.ts';
import { type BrokerOptions, type ResolvedOptions, resolveOptions } from './broker-options.ts';
import { createReceiveBudget, serveConnection } from './connection.ts';
import { createGroups } from './groups/groups.ts';
import { systemTimers } from './groups/timers.ts';
import { startMaintenance } from './maintenance.ts';
import { openMetadataStore } from './metadata-store.ts';
import { openTopics } from './topics.ts';

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** `host:port`, for a client's list of brokers. */
  readonly address: string;
  /** Ends connections, finishes appends under way, closes the files. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a broker on a folder, recovering what is there.
 * @throws when the folder is used by another broker or cannot be written, or the port is taken.
 */
export async function startBroker(given: BrokerOptions): Promise<Broker> {
  const options = resolveOptions(given);
  const { dir, log, fsync } = options;
  await makeFolder(dir);
  const store = openMetadataStore(dir, fsync);
  try {
    const topics = await openTopics({
      dir,
      store,
      defaults: options,
      fsync,
      maxPartitions: options.maxPartitions,
      now: Date.now,
      onCut: (event) => log.warn(event, 'bytes behind the last whole batch were cut off'),
    });
    const groups = createGroups({
      timers: systemTimers,
      newMemberId: (clientId) => `${clientId}-${randomUUID()}`,
      initialRebalanceDelayMs: options.initialRebalanceDelayMs,
      maxMembers: 1000,
    });
    const state: BrokerState = {
      ...options,
      topics,
      groups,
      store,
      now: Date.now,
      reportFault: (error) => log.error({ err: error }, 'storage fault'),
    };
    const stopMaintenance = startMaintenance(state, options);
    try {
      const server = await listen(state, options);
      return {
        ...server.address,
        address: `${server.address.host}:${server.address.port}`,
        stop: once(async () => {
          groups.close();
          await server.stop();
          await stopMaintenance();
          await topics.close();
          store.close();
        }),
      };
    } catch (error) {
      await stopMaintenance();
      await topics.close();
      throw error;
    }
  } catch (error) {
    store.close();
    throw error;
  }
}

async function listen(state: BrokerState, options: ResolvedOptions) {
  const { log, host, maxRequestBytes, firstRequestMs, maxIdleMs } = options;
  const apis = createApis(state);
  const budget = createReceiveBudget(options.maxReceiveBytes);
  const sockets = new Map<Socket, Promise<void>>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.set(socket, new Promise((resolve) => socket.once('close', resolve)));
    socket.once('close', () => sockets.delete(socket));
    const clientHost = `/${socket.remoteAddress ?? ''}`;
    const advertised = options.advertisedHost ?? (isWildcard(host) ? socket.localAddress : host) ?? host;
    const address = { host: advertised, port };
    serveConnection(socket, {
      maxRequestBytes,
      firstRequestMs,
      maxIdleMs,
      budget,
      log,
      answer: (frame, signal) => answerRequest(apis, frame, { clientHost, address, signal }),
    });
  });
  server.maxConnections = options.maxConnections;
  server.on('drop', () =>
    log.warn({ maxConnections: options.maxConnections }, 'connection refused: too many'),
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) => reject(describeListenError(error, options)));
    server.listen({ host, port: options.port }, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : options.port);
    });
  });
  return {
    address: { host, port },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      const ended = [...sockets.values()];
      for (const socket of sockets.keys()) socket.destroy();
      await Promise.all([closed, ...ended]);
    },
  };
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function describeListenError(error: Error, { host, port }: ResolvedOptions): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const hint =
    code === 'EADDRINUSE' ? ' Stop what uses the port, or choose another one (0 for any free port).' : '';
  return new Error(`The broker cannot listen on ${host}:${port}: ${error.message}.${hint}`, { cause: error });
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    throw new Error(`The broker's folder ${dir} cannot be made: ${(cause as Error).message}.`, { cause });
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
