import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from './kafka-fixture.ts';
import { type EmbeddedKafka, startEmbeddedKafkaProcess } from './start-embedded-kafka.ts';

const absent = spawnSync('kcat', ['-V']).error !== undefined;
if (absent) console.log('the tests of the broker with librdkafka are skipped: kcat is not installed');

describe.skipIf(absent)('embedded-kafka with kcat (librdkafka)', () => {
  let broker: EmbeddedKafka;
  beforeAll(async () => {
    broker = await startEmbeddedKafkaProcess({ autoCreateTopics: true });
  });
  afterAll(() => broker.stop());

  async function kcat(args: readonly string[], input = ''): Promise<string> {
    const child = spawn('kcat', ['-b', broker.address, ...args], { stdio: 'pipe' });
    child.stdin.end(input);
    const [output, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once('close', resolve)),
    ]);
    if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}: ${errors}`);
    return output;
  }

  const lines = Array.from({ length: 2000 }, (_, index) => `event number ${index}`);

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'produces and consumes with %s compression',
    async (codec) => {
      const topic = uniqueName(codec);
      await kcat(['-P', '-t', topic, '-z', codec, '-H', 'parapet-source=zeek'], lines.join('\n'));
      const output = await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%o %h %s\n']);
      expect(output.trim().split('\n')).toEqual(
        lines.map((line, index) => `${index} parapet-source=zeek ${line}`),
      );
    },
  );

  it('really compresses: the broker looks to librdkafka like one that may be sent compressed batches', async () => {
    const sizeWith = async (codec: string) => {
      const before = await broker.bytesOnDisk();
      await kcat(['-P', '-t', uniqueName('size'), '-z', codec, '-X', 'linger.ms=200'], lines.join('\n'));
      return (await broker.bytesOnDisk()) - before;
    };
    const plain = await sizeWith('none');
    const compressed = await sizeWith('lz4');
    expect(compressed).toBeLessThan(plain / 2);
  });

  it('lists topics', async () => {
    const topic = uniqueName('listed');
    await kcat(['-P', '-t', topic], 'one\n');
    const { brokers, topics } = JSON.parse(await kcat(['-L', '-J'])) as {
      brokers: { name: string }[];
      topics: { topic: string; partitions: unknown[] }[];
    };
    expect(brokers.map(({ name }) => name)).toEqual([broker.address]);
    expect(topics.find((each) => each.topic === topic)?.partitions).toHaveLength(1);
  });

  it('produces idempotently', async () => {
    const topic = uniqueName('idempotent');
    await kcat(['-P', '-t', topic, '-X', 'enable.idempotence=true'], lines.join('\n'));
    expect(await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q'])).toBe(`${lines.join('\n')}\n`);
  });

  it('consumes as a group, and goes on where it stopped', async () => {
    const topic = uniqueName('grouped');
    const group = uniqueName('group');
    const consume = (count: number) =>
      kcat(['-G', group, '-q', '-c', String(count), '-X', 'auto.offset.reset=earliest', topic]);
    await kcat(['-P', '-t', topic, '-z', 'zstd'], lines.join('\n'));
    const first = await consume(1200);
    const second = await consume(800);
    expect((first + second).trim().split('\n')).toEqual(lines);
  });

  it('finds offsets by time', async () => {
    const topic = uniqueName('timed');
    await kcat(['-P', '-t', topic], 'one\ntwo\n');
    expect(await kcat(['-Q', '-t', `${topic}:0:1`])).toContain('offset 0');
  });
});
