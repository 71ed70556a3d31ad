import net from 'node:net';
import tls from 'node:tls';

/** One connection that sends one request at a time: enough for the few questions kafkajs cannot ask. */
export interface KafkaSocket {
  /** The response's body, without its header. `flexible`: header version 2 out, 1 in (KIP-482). */
  request(apiKey: number, version: number, body: Buffer, header?: 'plain' | 'flexible'): Promise<Buffer>;
  close(): void;
}

const maxResponseBytes = 16 * 1024 * 1024;

/** @param options.broker `host:port`. @throws when there is no connection or no answer within `timeoutMs`. */
export async function openKafkaSocket(options: {
  readonly broker: string;
  readonly clientId: string;
  readonly ssl: boolean;
  readonly timeoutMs: number;
}): Promise<KafkaSocket> {
  const { clientId, timeoutMs } = options;
  const socket = await connect(options);
  const chunks = socket.iterator({ destroyOnReturn: true });
  let pending = Buffer.alloc(0);
  let correlation = 0;

  async function read(bytes: number): Promise<Buffer> {
    while (pending.length < bytes) {
      const next = await chunks.next();
      if (next.done) throw new Error(`Connection closed by ${options.broker} before it answered`);
      pending = Buffer.concat([pending, next.value as Buffer]);
    }
    const part = pending.subarray(0, bytes);
    pending = pending.subarray(bytes);
    return part;
  }

  return {
    async request(apiKey, version, body, header = 'plain') {
      correlation += 1;
      const client = Buffer.from(clientId);
      const head = Buffer.alloc(10);
      head.writeInt16BE(apiKey, 0);
      head.writeInt16BE(version, 2);
      head.writeInt32BE(correlation, 4);
      head.writeInt16BE(client.length, 8);
      const tags = Buffer.alloc(header === 'flexible' ? 1 : 0);
      const size = Buffer.alloc(4);
      size.writeInt32BE(head.length + client.length + tags.length + body.length);
      const timer = setTimeout(() => {
        socket.destroy(
          new Error(`Connection timeout: ${options.broker} did not answer within ${timeoutMs} ms`),
        );
      }, timeoutMs);
      try {
        socket.write(Buffer.concat([size, head, client, tags, body]));
        const length = (await read(4)).readInt32BE(0);
        if (length < 4 || length > maxResponseBytes)
          throw new Error(`${options.broker} does not speak the Kafka protocol`);
        const response = await read(length);
        if (response.readInt32BE(0) !== correlation)
          throw new Error(`${options.broker} answered another request`);
        return response.subarray(header === 'flexible' ? 5 : 4);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => socket.destroy(),
  };
}

function connect(options: { broker: string; ssl: boolean; timeoutMs: number }): Promise<net.Socket> {
  const colon = options.broker.lastIndexOf(':');
  const host = options.broker.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(options.broker.slice(colon + 1));
  return new Promise((resolve, reject) => {
    const socket = options.ssl
      ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }) })
      : net.connect({ host, port });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`Connection timeout: ${options.broker} within ${options.timeoutMs} ms`));
    }, options.timeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once(options.ssl ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
