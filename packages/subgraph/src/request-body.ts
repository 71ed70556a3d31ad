import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * Reads a request's body as JSON.
 * @throws {HttpError} 415, 413 or 400.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new HttpError(415, 'BAD_REQUEST', 'Send the request as application/json.');
  }
  if (request.headers['content-encoding']) {
    throw new HttpError(415, 'BAD_REQUEST', 'Send the request without a content encoding.');
  }
  const tooLarge = new HttpError(413, 'BAD_REQUEST', `A request may be at most ${maxBytes} bytes long.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (cause) {
    throw new HttpError(400, 'BAD_REQUEST', 'The request is not valid JSON in UTF-8.', { cause });
  }
}
