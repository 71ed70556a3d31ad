import type { Socket } from 'node:net';
import type { BrokerLog } from './api.ts';
import { MalformedRequestError } from './protocol/error-codes.ts';
import { createFrameReader } from './protocol/frame-reader.ts';

/** The buffers of an answer, or what to do instead of answering. */
export type Answer = readonly Buffer[] | 'none' | 'close';

/**
 * Bytes of half-received requests that all connections together may hold. A connection whose bytes would pass the
 * limit is closed: its client sends the request again.
 */
export interface ReceiveBudget {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function createReceiveBudget(maxBytes: number): ReceiveBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > maxBytes) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

/** Whole requests that may wait on a connection, in bytes, before its socket is no longer read. */
const maxWaitingBytes = 1024 * 1024;

/**
 * Serves one client: requests are answered one after another, in order, as the protocol demands. An answer is written
 * only when the one before it has left, and while requests wait the socket is not read; so a client that does not
 * read costs at most one answer and the requests that were already here.
 */
export function serveConnection(
  socket: Socket,
  options: {
    readonly maxRequestBytes: number;
    readonly firstRequestMs: number;
    readonly maxIdleMs: number;
    readonly budget: ReceiveBudget;
    readonly log: BrokerLog;
    readonly answer: (frame: Buffer, signal: AbortSignal) => Promise<Answer>;
  },
): void {
  const { budget, log } = options;
  const client = `${socket.remoteAddress}:${socket.remotePort}`;
  const frames = createFrameReader(options.maxRequestBytes);
  const gone = new AbortController();
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let heldBytes = 0;
  let busy = false;
  // Not the socket's own timeout: a client that sends a byte now and then would never meet it.
  const firstRequest = setTimeout(() => {
    log.info({ client }, 'connection closed: no request in time');
    socket.destroy();
  }, options.firstRequestMs);

  function release(bytes: number): void {
    // Everything was given back when the connection closed.
    if (gone.signal.aborted) return;
    heldBytes -= bytes;
    budget.give(bytes);
  }

  function refuse(error: unknown): void {
    if (error instanceof MalformedRequestError) {
      log.warn({ client, reason: error.message }, 'connection closed: malformed request');
    } else {
      log.error({ client, err: error }, 'connection closed: request failed');
    }
    socket.destroy();
  }

  async function serveWaiting(): Promise<void> {
    busy = true;
    while (!socket.destroyed) {
      const frame = waiting.shift();
      if (frame === undefined) break;
      waitingBytes -= frame.length;
      if (waitingBytes < maxWaitingBytes) socket.resume();
      const answer = await options.answer(frame, gone.signal);
      release(frame.length);
      if (answer === 'close') return void socket.destroy();
      if (answer !== 'none') await send(answer);
    }
    busy = false;
  }

  /** Resolves when the answer has been handed to the system, or the connection is gone. */
  async function send(buffers: readonly Buffer[]): Promise<void> {
    if (socket.destroyed) return;
    socket.cork();
    let flushed = true;
    for (const buffer of buffers) flushed = socket.write(buffer);
    socket.uncork();
    if (flushed && !socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done);
        gone.signal.removeEventListener('abort', done);
        resolve();
      };
      socket.on('drain', done);
      gone.signal.addEventListener('abort', done);
    });
  }

  socket.on('data', (bytes: Buffer) => {
    if (!budget.take(bytes.length)) {
      log.warn({ client }, 'connection closed: too many bytes of unfinished requests');
      socket.destroy();
      return;
    }
    heldBytes += bytes.length;
    try {
      for (const frame of frames.push(bytes)) {
        clearTimeout(firstRequest);
        release(4);
        waiting.push(frame);
        waitingBytes += frame.length;
      }
    } catch (error) {
      refuse(error);
      return;
    }
    if (waitingBytes >= maxWaitingBytes) socket.pause();
    if (!busy && waiting.length > 0) serveWaiting().catch(refuse);
  });
  socket.on('error', (error) => log.info({ client, reason: error.message }, 'connection lost'));
  socket.setTimeout(options.maxIdleMs, () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(firstRequest);
    release(heldBytes);
    waiting.length = 0;
    gone.abort();
  });
  socket.setNoDelay(true);
}
