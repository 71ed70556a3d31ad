import { MalformedRequestError } from './error-codes.ts';

/** Cuts a connection's bytes into requests: each is a big-endian int32 size and that many bytes. */
export interface FrameReader {
  /** Bytes held that do not make a whole request yet. */
  readonly bufferedBytes: number;
  /** Requests completed by these bytes, without their size. @throws MalformedRequestError for an impossible size. */
  push(bytes: Buffer): Buffer[];
}

/** Smallest request header: api key, version, correlation id. */
const minRequestBytes = 8;
/** Allocated at once on the client's word alone; more only as its bytes really arrive. */
const initialAllocation = 2 * 1024 * 1024;

export function createFrameReader(maxFrameBytes: number, minFrameBytes = minRequestBytes): FrameReader {
  const size = Buffer.alloc(4);
  let sizeBytes = 0;
  let frame: Buffer | undefined;
  let frameBytes = 0;
  let wanted = 0;

  function startFrame(): void {
    wanted = size.readInt32BE(0);
    sizeBytes = 0;
    if (wanted < minFrameBytes || wanted > maxFrameBytes) {
      throw new MalformedRequestError(
        `a request of ${wanted} bytes is not between ${minFrameBytes} and ${maxFrameBytes}`,
      );
    }
    frame = Buffer.allocUnsafeSlow(Math.min(wanted, initialAllocation));
    frameBytes = 0;
  }

  function grow(current: Buffer, atLeast: number): Buffer {
    const larger = Buffer.allocUnsafeSlow(Math.min(wanted, Math.max(atLeast, current.length * 2)));
    current.copy(larger, 0, 0, frameBytes);
    return larger;
  }

  return {
    get bufferedBytes() {
      return frame === undefined ? sizeBytes : frameBytes;
    },
    push(bytes) {
      const complete: Buffer[] = [];
      let at = 0;
      while (at < bytes.length) {
        if (frame === undefined) {
          const taken = bytes.copy(size, sizeBytes, at, at + 4 - sizeBytes);
          at += taken;
          sizeBytes += taken;
          if (sizeBytes === 4) startFrame();
          continue;
        }
        const taking = Math.min(wanted - frameBytes, bytes.length - at);
        if (frameBytes + taking > frame.length) frame = grow(frame, frameBytes + taking);
        bytes.copy(frame, frameBytes, at, at + taking);
        at += taking;
        frameBytes += taking;
        if (frameBytes === wanted) {
          complete.push(frame);
          frame = undefined;
          frameBytes = 0;
        }
      }
      return complete;
    },
  };
}
