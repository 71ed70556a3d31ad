import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { KafkaUnderTest } from './kafka-contract.ts';

const run = promisify(execFile);
const folder = new URL('./apache-kafka/', import.meta.url).pathname;
const cache = new URL('../../node_modules/.cache/apache-kafka/', import.meta.url).pathname;

/** Why Apache Kafka cannot be started here, or undefined when it can. */
export async function whatApacheKafkaLacks(): Promise<string | undefined> {
  for (const [command, option] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    try {
      await run(command, [option]);
    } catch {
      return `the contract suite does not run on Apache Kafka: it needs ${command}, which is not installed`;
    }
  }
  return undefined;
}

/** Fetches Apache Kafka's jars by Maven, once. @returns the folder they are in. */
async function fetchJars(): Promise<string> {
  const pom = await readFile(join(folder, 'pom.xml'));
  const jars = join(cache, createHash('sha256').update(pom).digest('hex').slice(0, 16));
  if (await stat(jars).catch(() => undefined)) return jars;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unfinished-'));
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await run('mvn', ['-B', '-q', '-f', join(folder, 'pom.xml'), goal, `-DoutputDirectory=${unfinished}`], {
    maxBuffer: 64 * 1024 * 1024,
  });
  // Put in place at once, so that a run that is stopped half-way leaves no half a Kafka.
  await rename(unfinished, jars);
  return jars;
}

const startTimeoutMs = 90_000;

/** A single node in KRaft mode on free loopback ports. */
export async function startApacheKafka(): Promise<KafkaUnderTest> {
  const jars = await fetchJars();
  const dir = await mkdtemp(join(tmpdir(), 'parapet-apache-kafka-'));
  const [port, controllerPort] = await freePorts();
  const properties = join(dir, 'server.properties');
  await writeFile(properties, serverProperties(dir, port, controllerPort));
  const java = ['-Xmx512m', '-cp', `${jars}/*:${folder}`];
  await run('java', [
    ...java,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'cGFyYXBldC1jb250cmFjdA',
    '-c',
    properties,
  ]);
  let child = await spawnKafka([...java, 'kafka.Kafka', properties]);
  return {
    address: `127.0.0.1:${port}`,
    async crashAndRestart() {
      await kill(child);
      child = await spawnKafka([...java, 'kafka.Kafka', properties]);
    },
    async stop() {
      await kill(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function serverProperties(dir: string, port: number, controllerPort: number): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(dir, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 100,
    'group.min.session.timeout.ms': 500,
    'auto.create.topics.enable': false,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

async function spawnKafka(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const tooLate = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Apache Kafka was not ready after ${startTimeoutMs} ms:\n${lines.join('\n')}`));
    }, startTimeoutMs);
    const output = createInterface({ input: child.stdout });
    output.on('line', (line) => {
      lines.push(line);
      if (lines.length > 30) lines.shift();
      if (!line.includes('Kafka Server started')) return;
      clearTimeout(tooLate);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(tooLate);
      reject(new Error(`Apache Kafka ended with ${code}:\n${lines.join('\n')}`));
    });
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string')
        throw new Error('a server on loopback has no port');
      return address.port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}
