import type { z } from 'zod';
import { ConfigError, defineConfig, type Environment } from './config.ts';
import { logConfig, opsConfig, shutdownConfig } from './config-fragments.ts';
import { exitCodes } from './exit-codes.ts';
import { createLifecycle, type Lifecycle, type LifecycleControl } from './lifecycle.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { startOpsServer } from './ops-server.ts';

export interface ServiceContext<S extends z.ZodRawShape> {
  readonly config: z.output<z.ZodObject<S>>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

/** What a service may be asked from outside while it runs, beside to stop. */
export interface ServiceSignals {
  /** What SIGHUP does: read again what may have changed. Without a listener it ends the process, as usual. */
  onHangup(listener: () => void): void;
}

export interface ServiceOptions<S extends z.ZodRawShape> {
  readonly name: string;
  /** The variables that `start` needs; those of log, ops endpoints and shutdown are read in any case. */
  readonly config: S;
  /**
   * Starts the process's work; what it opens, it registers with `lifecycle.onStop` at once, so that a stop during the start
   * closes it too. Resolves when the process can serve, with the addresses it listens on.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most services have no addresses and return nothing
  start(context: ServiceContext<S>, signals: ServiceSignals): Promise<void | Started>;
}

export interface Started {
  /** Where the process can be reached, by purpose, e.g. `http`. */
  readonly addresses?: Readonly<Record<string, string>>;
}

/** The message that a supervisor gets over IPC once startup is complete. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly service: string;
  readonly addresses: Readonly<Record<string, string>>;
}

/** The part of Node's `process` that a service lives in; a test gives its own. */
export interface HostProcess {
  readonly env: Environment;
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): void;
  readonly connected?: boolean | undefined;
  send?: ((message: unknown, callback: (error: Error | null) => void) => unknown) | undefined;
  writeError(text: string): void;
}

const baseConfig = { ...logConfig, ...opsConfig, ...shutdownConfig };

/**
 * Runs a service until it stops, then ends the process: 0 after a graceful stop (SIGTERM, SIGINT, or the parent that started it
 * over IPC is gone), 1 after a crash or a stop that could not end in time, 78 when the configuration is
 * wrong (also what `start` finds so, by a ConfigError), 130 on a second signal.
 */
export function runService<S extends z.ZodRawShape>(opts: ServiceOptions<S>): Promise<void> {
  return runServiceIn(opts, {
    // biome-ignore lint/style/noProcessEnv: the one place that reads the environment of a service
    env: process.env,
    on: (event, listener) => process.on(event, listener),
    off: (event, listener) => process.off(event, listener),
    exit: (code) => process.exit(code),
    connected: process.connected,
    send: process.send && ((message, callback) => process.send?.(message, undefined, undefined, callback)),
    writeError: (text) => process.stderr.write(text),
  });
}

/** {@link runService} in a given process. */
export async function runServiceIn<S extends z.ZodRawShape>(
  opts: ServiceOptions<S>,
  host: HostProcess,
  stream?: NodeJS.WritableStream,
): Promise<void> {
  const config = readConfig(opts, host);
  if (!config) return host.exit(exitCodes.config);
  const log = createLogger({
    service: opts.name,
    level: config.base.LOG_LEVEL,
    format: config.base.LOG_FORMAT,
    ...(stream && { stream }),
  });
  const metrics = createMetrics(opts.name);
  const lifecycle = createLifecycle({ log, deadlineMs: config.base.SHUTDOWN_DEADLINE_MS });
  const unwatch = watchProcess(host, lifecycle, log);
  let started = false;
  // The ops endpoints outlive every step of the stop, so that a probe sees "stopping" and the last metrics can be read.
  const ops = await startOpsServer({
    host: config.base.OPS_HOST,
    port: config.base.OPS_PORT,
    metrics,
    state: {
      isStarted: () => started,
      isStopping: () => lifecycle.signal.aborted,
      failingChecks: () => lifecycle.failingChecks(),
    },
  }).catch((error: unknown) => lifecycle.fail(error));

  if (ops) {
    const starting: Promise<Started | undefined> = (async () => {
      const result = await opts.start(
        { config: config.own, log, metrics, lifecycle },
        { onHangup: (listener) => host.on('SIGHUP', listener) },
      );
      return typeof result === 'object' ? result : undefined;
    })();
    // A stop during the start waits for it, as long as the phase allows, so that what it opens is closed in order.
    const settled = starting.then(
      () => {},
      () => {},
    );
    lifecycle.onStop('intake', 'start', () => settled);
    starting.then(
      (result) => {
        if (lifecycle.signal.aborted) return;
        started = true;
        const addresses = { ops: ops.url, ...result?.addresses };
        log.info({ addresses }, 'ready');
        announce(host, { type: 'ready', service: opts.name, addresses });
      },
      (error: unknown) => {
        if (!lifecycle.signal.aborted) lifecycle.fail(error);
        else log.debug({ err: error }, 'the start was cut short by the stop');
      },
    );
  }
  const code = await lifecycle.stopped;
  await ops?.close();
  unwatch();
  log.info({ code }, 'exit');
  host.exit(code);
}

function readConfig<S extends z.ZodRawShape>(opts: ServiceOptions<S>, host: HostProcess) {
  // Parsed twice, so that `start` gets what it asked for by type; all problems of both are told at once.
  const problems: string[] = [];
  const attempt = <T>(parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const base = attempt(() => defineConfig(baseConfig).parse(host.env));
  const own = attempt(() => defineConfig(opts.config).parse(host.env));
  if (base && own) return { base, own };
  host.writeError(`${opts.name}: ${new ConfigError([...new Set(problems)]).message}\n`);
  return undefined;
}

function watchProcess(host: HostProcess, lifecycle: LifecycleControl, log: Logger): () => void {
  const onSignal = (signal: unknown) => {
    if (lifecycle.signal.aborted) {
      log.warn({ signal }, 'second signal: exit at once');
      return host.exit(exitCodes.interrupted);
    }
    void lifecycle.stop(String(signal));
  };
  // After a fault that nobody caught, nothing in memory can be relied on: a stop in order might commit what is not done.
  const onFault = (error: unknown) => {
    log.fatal({ err: error }, 'a fault that nothing caught: exit at once');
    host.exit(exitCodes.crash);
  };
  const listeners: [string, (value: unknown) => void][] = [
    ['SIGTERM', onSignal],
    ['SIGINT', onSignal],
    ['uncaughtException', onFault],
    ['unhandledRejection', onFault],
  ];
  if (host.connected) listeners.push(['disconnect', () => void lifecycle.stop('the parent is gone')]);
  for (const [event, listener] of listeners) host.on(event, listener);
  return () => {
    for (const [event, listener] of listeners) host.off(event, listener);
  };
}

function announce(host: HostProcess, message: ReadyMessage): void {
  // The parent may be gone by now: its disconnect stops us, the failed send is no fault of its own.
  host.send?.(message, () => {});
}
