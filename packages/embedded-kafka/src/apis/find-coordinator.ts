import { type Api, nodeId } from '../api.ts';
import { errorCodes } from '../protocol/error-codes.ts';

const groupKey = 0;

export function findCoordinatorApi(): Api {
  return {
    key: 10,
    name: 'FindCoordinator',
    minVersion: 0,
    maxVersion: 2,
    handle(reader, writer, { version, address }) {
      reader.string();
      const isGroup = version === 0 || reader.int8() === groupKey;
      if (version >= 1) writer.int32(0);
      writer.int16(isGroup ? 0 : errorCodes.INVALID_REQUEST);
      if (version >= 1) writer.string(isGroup ? null : 'Transactions are not supported by this broker.');
      if (isGroup) writer.int32(nodeId).string(address.host).int32(address.port);
      else writer.int32(-1).string('').int32(-1);
      return undefined;
    },
  };
}
