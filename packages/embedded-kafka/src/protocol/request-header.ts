import { createReader } from './reader.ts';

/** The part of a request's header that has the same place in every version. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
}

export function readRequestHeader(frame: Buffer): RequestHeader {
  const reader = createReader(frame);
  return { apiKey: reader.int16(), apiVersion: reader.int16(), correlationId: reader.int32() };
}

/** Bytes of api key, version and correlation id. */
const fixedBytes = 8;

/** The client id, and a reader at the start of the body. The client id is not compact even in a flexible header. */
export function openRequestBody(frame: Buffer, flexible: boolean) {
  const header = createReader(frame, fixedBytes);
  const clientId = header.nullableString() ?? '';
  const reader = createReader(frame, header.position, flexible);
  // Nothing is read here unless the version is flexible.
  reader.taggedFields();
  return { clientId, reader };
}
