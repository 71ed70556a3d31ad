import type { Api, RequestContext } from './api.ts';
import { apiVersionsKey, writeUnsupportedVersion } from './apis/api-versions.ts';
import type { Answer } from './connection.ts';
import { MalformedRequestError } from './protocol/error-codes.ts';
import { openRequestBody, readRequestHeader } from './protocol/request-header.ts';
import { createWriter, type Writer } from './protocol/writer.ts';

/** Only produce requests carry data; the others may not be larger than this, whatever the limit for requests is. */
const maxControlRequestBytes = 16 * 1024 * 1024;
const produceKey = 0;

/**
 * From a request's bytes to its answer's.
 * @throws MalformedRequestError for an API or version that was not offered, or a body that is not one.
 */
export async function answerRequest(
  apis: ReadonlyMap<number, Api>,
  frame: Buffer,
  connection: Pick<RequestContext, 'clientHost' | 'address' | 'signal'>,
): Promise<Answer> {
  const { apiKey, apiVersion: version, correlationId } = readRequestHeader(frame);
  const api = apis.get(apiKey);
  if (api === undefined) throw new MalformedRequestError(`the API ${apiKey} is unknown`);
  if (apiKey !== produceKey && frame.length > maxControlRequestBytes) {
    throw new MalformedRequestError(`a ${api.name} request has ${frame.length} bytes`);
  }
  if (version < api.minVersion || version > api.maxVersion) {
    if (apiKey !== apiVersionsKey) {
      throw new MalformedRequestError(
        `${api.name} version ${version} is not one of ${api.minVersion} to ${api.maxVersion}`,
      );
    }
    const writer = createWriter();
    writeUnsupportedVersion(writer, apis.values());
    return withHeader(correlationId, false, writer);
  }
  const flexible = api.flexibleFrom !== undefined && version >= api.flexibleFrom;
  const { clientId, reader } = openRequestBody(frame, flexible);
  const writer = createWriter(flexible);
  const reply = await api.handle(reader, writer, { ...connection, version, clientId });
  return reply ?? withHeader(correlationId, flexible && apiKey !== apiVersionsKey, writer);
}

function withHeader(correlationId: number, flexible: boolean, body: Writer): Buffer[] {
  const header = Buffer.alloc(flexible ? 9 : 8);
  header.writeInt32BE(header.length - 4 + body.size, 0);
  header.writeInt32BE(correlationId, 4);
  return [header, ...body.finish()];
}
