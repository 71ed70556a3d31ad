import { connect } from 'node:net';
import { createFrameReader } from '../protocol/frame-reader.ts';
import { createReader, type Reader } from '../protocol/reader.ts';
import { createWriter, type Writer } from '../protocol/writer.ts';

/**
 * One connection that speaks the bare protocol: for tests and benchmarks that need requests no client library makes. Answers
 * are matched in order.
 */
export interface WireClient {
  /** Sends a request and gives a reader at the start of the answer's body. @throws when the connection ends first. */
  request(
    apiKey: number,
    version: number,
    body: (writer: Writer) => void,
    options?: { readonly flexible?: boolean; readonly correlationId?: number },
  ): Promise<Reader>;
  sendBytes(bytes: Uint8Array): void;
  /** Resolves when the broker has closed the connection, or `close` has. */
  readonly closed: Promise<void>;
  close(): void;
}

/** @param address `host:port` */
export async function connectWire(address: string): Promise<WireClient> {
  const at = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
  const frames = createFrameReader(1024 * 1024 * 1024, 4);
  const waiting: { resolve(frame: Buffer): void; reject(error: Error): void }[] = [];
  let nextCorrelationId = 0;
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      ended = true;
      for (const each of waiting.splice(0)) each.reject(new Error('the broker closed the connection'));
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  // What matters of an error is the close that follows.
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    for (const frame of frames.push(bytes)) waiting.shift()?.resolve(frame);
  });

  return {
    async request(apiKey, version, body, { flexible = false, correlationId = nextCorrelationId++ } = {}) {
      if (ended) throw new Error('the connection is closed');
      const header = createWriter().int16(apiKey).int16(version).int32(correlationId).string('wire-client');
      const writer = createWriter(flexible).taggedFields();
      body(writer);
      const size = Buffer.alloc(4);
      size.writeInt32BE(header.size + writer.size);
      const answer = new Promise<Buffer>((resolve, reject) => waiting.push({ resolve, reject }));
      socket.cork();
      for (const buffer of [size, ...header.finish(), ...writer.finish()]) socket.write(buffer);
      socket.uncork();
      const frame = await answer;
      const received = frame.readInt32BE(0);
      if (received !== correlationId)
        throw new Error(`answer ${received} came where ${correlationId} was due`);
      const reader = createReader(frame, 4, flexible);
      // The answer to ApiVersions has no tagged fields in its header.
      if (apiKey !== 18) reader.taggedFields();
      return reader;
    },
    sendBytes: (bytes) => void socket.write(bytes),
    closed,
    close: () => void socket.destroy(),
  };
}
