import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type Broker, startBroker } from '../broker.ts';
import type { BrokerOptions } from '../broker-options.ts';
import { connectWire, type WireClient } from './wire-client.ts';

/** Brokers and clients for the tests of one file: an empty folder for each test, and everything stopped behind it. */
export function useBroker() {
  let dir = '';
  const brokers: Broker[] = [];
  const clients: WireClient[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'broker-'));
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const broker of brokers.splice(0)) await broker.stop();
    await rm(dir, { recursive: true, force: true });
  });

  return {
    folder: (): string => dir,
    async start(options: Partial<BrokerOptions> = {}): Promise<Broker> {
      const broker = await startBroker({ dir, fsync: 'never', ...options });
      brokers.push(broker);
      return broker;
    },
    async open(broker: Broker): Promise<WireClient> {
      const client = await connectWire(broker.address);
      clients.push(client);
      return client;
    },
  };
}
