import { applyMigrations } from '@parapet/database';
import { projectPaths } from '../project-paths.ts';
import { childProcess } from './child-process.ts';
import type { LogProblem } from './log-reader.ts';
import type { Member } from './member.ts';
import { postgresMember } from './postgres-member.ts';
import { brokersOf, graphqlUrlOf, type StackSettings, stackEnvironments } from './stack-env.ts';
import { type Supervised, type SupervisionEvent, supervise } from './supervise.ts';

type PartName = 'broker' | 'postgres' | 'processor' | 'events' | 'assets' | 'threats' | 'gateway';

export interface Stack {
  readonly graphqlUrl: string;
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  /** Rejects when a part was given up; never resolves. Whoever runs the stack stops it then. */
  readonly failed: Promise<never>;
  /** Ends everything in order: gateway, subgraphs, processor, broker, PostgreSQL. */
  stop(): Promise<void>;
}

export interface StackReports {
  onEvent(event: SupervisionEvent | { readonly kind: 'migrated'; readonly applied: readonly string[] }): void;
  /** An error or a notice that a part logged. */
  onProblem(part: string, problem: LogProblem): void;
}

/** In which order parts are stopped: each group together, after the one before it is gone. */
const stopOrder: readonly (readonly PartName[])[] = [
  ['gateway'],
  ['events', 'assets', 'threats'],
  ['processor'],
  ['broker'],
  ['postgres'],
];

/**
 * Starts the whole platform and keeps it running. Parts start as soon as what they need is there; resolves when all are ready.
 * @throws when a part cannot be started; everything that ran is stopped by then.
 */
export async function startStack(
  settings: StackSettings,
  reports: StackReports,
  signal: AbortSignal,
): Promise<Stack> {
  const parts = new Map<PartName, Supervised>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  let databaseUrl = settings.databaseUrl ?? '';

  /** Starts a part and answers when it is ready for the first time. */
  function run(name: PartName, member: Member): Promise<void> {
    signal.throwIfAborted();
    const part = supervise({ member, onEvent: (event) => reports.onEvent(event) });
    parts.set(name, part);
    part.gaveUp.catch((error: unknown) => failed.reject(error));
    return part.ready;
  }

  function child(
    name: Exclude<PartName, 'postgres'>,
    env: Record<string, string | undefined>,
  ): Promise<void> {
    return run(
      name,
      childProcess({
        name,
        entry: projectPaths[name],
        env,
        logFile: settings.dataDir.logFile(name),
        onProblem: (problem) => reports.onProblem(name, problem),
      }),
    );
  }

  async function stop(): Promise<void> {
    for (const group of stopOrder) await Promise.all(group.map((name) => parts.get(name)?.stop()));
  }

  /** Whatever PostgreSQL's address turns out to be, a child must not inherit another one. */
  const environments = () => stackEnvironments(settings, databaseUrl);

  async function startDatabase(): Promise<void> {
    if (settings.databaseUrl === undefined) {
      const { dataDir, ports } = settings;
      await run(
        'postgres',
        postgresMember({
          dir: dataDir.postgres,
          port: ports.postgres,
          logFile: dataDir.logFile('postgres'),
          onUrl: (url) => {
            databaseUrl = url;
          },
        }),
      );
    }
    reports.onEvent({ kind: 'migrated', applied: await applyMigrations(databaseUrl) });
  }

  async function startAll(): Promise<void> {
    const kafka =
      settings.kafkaBrokers === undefined ? child('broker', environments().broker) : Promise.resolve();
    const database = startDatabase();
    const processor = kafka.then(() => child('processor', environments().processor));
    const graph = Promise.all([kafka, database]).then(() => {
      const { events, assets, threats, gateway } = environments();
      return Promise.all([
        child('threats', threats),
        child('events', events),
        child('assets', assets),
        child('gateway', gateway),
      ]);
    });
    await Promise.all([processor, graph]);
  }

  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  interrupted.catch(() => undefined);
  const started = startAll();
  started.catch(() => undefined);
  try {
    await Promise.race([started, failed.promise, interrupted]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    graphqlUrl: graphqlUrlOf(settings),
    kafkaBrokers: brokersOf(settings),
    databaseUrl,
    failed: failed.promise,
    stop,
  };
}
