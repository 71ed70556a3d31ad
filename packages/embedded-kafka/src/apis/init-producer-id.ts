import type { Api, BrokerState } from '../api.ts';
import { errorCodes, KafkaError } from '../protocol/error-codes.ts';

export function initProducerIdApi({ store, reportFault }: BrokerState): Api {
  function nextId(): { error: number; id: bigint; epoch: number } {
    try {
      return { error: 0, id: store.nextProducerId(), epoch: 0 };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      reportFault(error);
      return { error: error.code, id: -1n, epoch: -1 };
    }
  }

  return {
    key: 22,
    name: 'InitProducerId',
    minVersion: 0,
    maxVersion: 1,
    handle(reader, writer) {
      const transactionalId = reader.nullableString();
      reader.int32(); // transaction timeout
      const { error, id, epoch } =
        transactionalId === null ? nextId() : { error: errorCodes.INVALID_REQUEST, id: -1n, epoch: -1 };
      writer.int32(0).int16(error).int64(id).int16(epoch);
      return undefined;
    },
  };
}
