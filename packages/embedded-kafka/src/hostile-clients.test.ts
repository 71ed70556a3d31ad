import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiVersions, createTopic } from './testing/broker-requests.ts';
import { connectWire, encodeBatch, fetchRaw, produceRaw } from './testing/index.ts';
import { useBroker } from './testing/use-broker.ts';

const { start, open } = useBroker();

describe('hostile clients', () => {
  it.each<[string, Buffer]>([
    ['a negative size', Buffer.from('ffffffff', 'hex')],
    ['a size over the limit', Buffer.from('7fffffff', 'hex')],
    ['an unknown API', Buffer.from('0000000a03e7000000000001ffff', 'hex')],
    ['an unknown version', Buffer.from('0000000a000100ff00000001ffff', 'hex')],
    ['a body that ends too early', Buffer.from('0000000a0003000500000001ffff', 'hex')],
    ['a hostile array length', Buffer.from('0000000e0003000500000001ffff7fffffff', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('are cut off after %s, and no one else is', async (_name, bytes) => {
    const broker = await start();
    const [bystander, hostile] = [await open(broker), await open(broker)];
    hostile.sendBytes(bytes);
    await hostile.closed;
    expect(await apiVersions(bystander)).toHaveLength(19);
  });

  it('do not bring the broker down with any bytes as the body of any request', async () => {
    const broker = await start();
    const ranges = await apiVersions(await open(broker));
    const anyVersion = fc.constantFrom(
      ...ranges.flatMap(([key, min, max]) => [[key, min] as const, [key, max] as const]),
    );
    await fc.assert(
      fc.asyncProperty(anyVersion, fc.uint8Array({ maxLength: 120 }), async ([key, version], noise) => {
        const client = await connectWire(broker.address);
        const frame = Buffer.alloc(14 + noise.length);
        frame.writeInt32BE(10 + noise.length, 0);
        frame.writeInt16BE(key, 4);
        frame.writeInt16BE(version, 6);
        frame.writeInt16BE(-1, 12);
        frame.set(noise, 14);
        client.sendBytes(frame);
        client.close();
        await client.closed;
      }),
      { numRuns: 300 },
    );
    expect(await apiVersions(await open(broker))).toHaveLength(19);
  });

  it('cannot make it buffer more than its budget of unfinished requests', async () => {
    const broker = await start({ maxRequestBytes: 1_000_000, maxReceiveBytes: 1 });
    const first = await open(broker);
    const second = await open(broker);
    const unfinished = Buffer.alloc(900_000);
    unfinished.writeInt32BE(1_000_000, 0);
    first.sendBytes(unfinished);
    second.sendBytes(unfinished);
    // The budget is at least one whole request, so one of the two fits and the other is cut off.
    await Promise.race([first.closed, second.closed]);
    expect(await apiVersions(await open(broker))).toHaveLength(19);
  });

  it('are refused beyond the number of connections', async () => {
    const broker = await start({ maxConnections: 2 });
    const kept = await open(broker);
    await apiVersions(kept);
    await apiVersions(await open(broker));
    const refused = connect({ host: broker.host, port: broker.port });
    refused.on('error', () => {});
    await once(refused, 'close');
    expect(await apiVersions(kept)).toHaveLength(19);
  });

  it('that never finish a request lose their place, and others keep theirs', async () => {
    const broker = await start({ maxConnections: 2, firstRequestMs: 50 });
    const kept = await open(broker);
    await apiVersions(kept);
    const idler = connect({ host: broker.host, port: broker.port });
    await once(idler, 'connect');
    idler.write(Buffer.from([0, 0]));
    await once(idler, 'close');
    expect(await apiVersions(await open(broker))).toHaveLength(19);
    expect(await apiVersions(kept)).toHaveLength(19);
  });

  it('that do not read their answers hold one answer in memory, not all', async () => {
    const broker = await start();
    const client = await open(broker);
    await createTopic(client, 'big');
    await produceRaw(client, 'big', 0, encodeBatch([{ value: 'x'.repeat(4_000_000) }]));
    const lazy = connect({ host: broker.host, port: broker.port });
    lazy.pause();
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 100; count += 1) lazy.write(fetchRequest('big', count));
    // The bystander's answers show that the broker has had its turns.
    for (let count = 0; count < 20; count += 1)
      await fetchRaw(client, 'big', 0, { offset: 1, maxWaitMs: 10 });
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(40_000_000);
    const received: number[] = [];
    lazy.on('data', (bytes) => received.push(bytes.length));
    lazy.resume();
    await expect
      .poll(() => received.reduce((sum, bytes) => sum + bytes, 0), { timeout: 10_000 })
      .toBeGreaterThan(400_000_000);
    lazy.destroy();
  });
});

/** Fetch version 4 of partition 0 from offset 0. */
function fetchRequest(topic: string, correlationId: number): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.alloc(10 + 21 + 2 + name.length + 4 + 16);
  let at = body.writeInt16BE(1, 0);
  at = body.writeInt16BE(4, at);
  at = body.writeInt32BE(correlationId, at);
  at = body.writeInt16BE(-1, at);
  at = body.writeInt32BE(-1, at);
  at = body.writeInt32BE(0, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt32BE(10_000_000, at);
  at = body.writeInt8(0, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt16BE(name.length, at);
  at += name.copy(body, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt32BE(0, at);
  at = body.writeBigInt64BE(0n, at);
  body.writeInt32BE(10_000_000, at);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}
