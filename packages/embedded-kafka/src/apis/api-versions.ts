import type { Api } from '../api.ts';
import { errorCodes } from '../protocol/error-codes.ts';
import type { Writer } from '../protocol/writer.ts';

type Range = Pick<Api, 'key' | 'minVersion' | 'maxVersion'>;

/** The one answer whose header is never flexible: the client does not yet know what the broker speaks. */
export function apiVersionsApi(others: readonly Range[]): Api {
  const self: Api = {
    key: apiVersionsKey,
    name: 'ApiVersions',
    minVersion: 0,
    maxVersion: 3,
    flexibleFrom: 3,
    handle(_reader, writer, { version }) {
      writer.int16(0);
      writeRanges(writer, [...others, self]);
      if (version >= 1) writer.int32(0);
      writer.taggedFields();
      return undefined;
    },
  };
  return self;
}

export const apiVersionsKey = 18;

/** For a version of ApiVersions that is not known: the answer has the form of version 0 (KIP-511). */
export function writeUnsupportedVersion(writer: Writer, apis: Iterable<Range>): void {
  writer.int16(errorCodes.UNSUPPORTED_VERSION);
  writeRanges(writer, [...apis]);
}

function writeRanges(writer: Writer, ranges: readonly Range[]): void {
  writer.array(ranges, ({ key, minVersion, maxVersion }) => {
    writer.int16(key).int16(minVersion).int16(maxVersion).taggedFields();
  });
}
