import { crc32c } from '@node-rs/crc32';

export interface TestRecord {
  readonly key?: string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Epoch milliseconds. @default the batch's baseTimestamp */
  readonly timestamp?: number;
}

/**
 * Encodes a record batch of format 2, uncompressed, as a producer does; for tests and benchmarks, which must be able to
 * send what no client sends. The header can be changed with `damage` before the CRC is made.
 */
export function encodeBatch(
  records: readonly TestRecord[],
  options: {
    readonly baseTimestamp?: number;
    readonly attributes?: number;
    readonly producerId?: bigint;
    readonly producerEpoch?: number;
    readonly baseSequence?: number;
    readonly damage?: (batch: Buffer) => void;
  } = {},
): Buffer {
  const baseTimestamp = options.baseTimestamp ?? 1_700_000_000_000;
  const body = Buffer.concat(
    records.map((record, offsetDelta) =>
      encodeRecord(record, offsetDelta, (record.timestamp ?? baseTimestamp) - baseTimestamp),
    ),
  );
  const batch = Buffer.alloc(61 + body.length);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(options.attributes ?? 0, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(baseTimestamp), 27);
  batch.writeBigInt64BE(BigInt(Math.max(...records.map(({ timestamp }) => timestamp ?? baseTimestamp))), 35);
  batch.writeBigInt64BE(options.producerId ?? -1n, 43);
  batch.writeInt16BE(options.producerEpoch ?? -1, 51);
  batch.writeInt32BE(options.baseSequence ?? -1, 53);
  batch.writeInt32BE(records.length, 57);
  body.copy(batch, 61);
  options.damage?.(batch);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function encodeRecord(record: TestRecord, offsetDelta: number, timestampDelta: number): Buffer {
  const headers = Object.entries(record.headers ?? {});
  const body = Buffer.concat([
    Buffer.alloc(1),
    varint(timestampDelta),
    varint(offsetDelta),
    lengthAndBytes(record.key ?? null),
    lengthAndBytes(record.value),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [lengthAndBytes(name), lengthAndBytes(value)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function lengthAndBytes(value: Uint8Array | string | null): Buffer {
  if (value === null) return varint(-1);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  rest = rest >= 0n ? rest * 2n : -rest * 2n - 1n;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
