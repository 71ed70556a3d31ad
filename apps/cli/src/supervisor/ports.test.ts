import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findFreePorts, isPortFree, requirePort } from './ports.ts';

describe('ports', () => {
  it('finds different free ports below the range of outgoing connections', async () => {
    const ports = await findFreePorts(6);
    expect(new Set(ports).size).toBe(6);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(32_000);
    }
  });

  it('passes over what is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await isPortFree(port)).toBe(false);
    await expect(requirePort(port, 'the Kafka broker', '--kafka-port')).rejects.toThrow(
      `Port ${port} on 127.0.0.1 cannot be used for the Kafka broker`,
    );
    server.close();
    await once(server, 'close');
    await expect(requirePort(port, 'the Kafka broker', '--kafka-port')).resolves.toBeUndefined();
  });

  it('leaves alone what others are about to take', async () => {
    const [first = 0, second = 0] = await findFreePorts(2);
    const next = [first, first, second].map((port) => (port - 20_000) / 12_000 + 1e-9);
    const random = () => next.shift() ?? 0;
    expect(await findFreePorts(1, { except: [first], random })).toEqual([second]);
  });

  it('gives up where no port is free', async () => {
    // Always the same candidate, so that a second one is never found.
    await expect(findFreePorts(2, { random: () => 0.5 })).rejects.toThrow('No free ports');
  });
});
