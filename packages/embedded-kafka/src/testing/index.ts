export { encodeBatch, type TestRecord } from './encode-batch.ts';
export { connectWire, type WireClient } from './wire-client.ts';
export { commitRaw, fetchRaw, initProducerId, produceRaw } from './wire-requests.ts';
