import type { WireClient } from './wire-client.ts';

/** Sends one batch. @returns the error code and the offset it was given. */
export async function produceRaw(
  client: WireClient,
  topic: string,
  partition: number,
  batch: Buffer,
): Promise<{ error: number; baseOffset: number; message: string | null }> {
  const reader = await client.request(0, 8, (writer) => {
    writer.string(null).int16(-1).int32(10_000);
    writer.array([topic], (name) => {
      writer.string(name).array([partition], (index) => writer.int32(index).bytes(batch));
    });
  });
  const [result] = reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const error = reader.int16();
      const baseOffset = reader.long();
      reader.long();
      reader.long();
      reader.array(() => [reader.int32(), reader.nullableString()]);
      return { error, baseOffset, message: reader.nullableString() };
    });
  });
  if (result?.[0] === undefined) throw new Error('the answer to a produce request names no partition');
  return result[0];
}

/** Fetches from one partition. @returns the error code and the record bytes. */
export async function fetchRaw(
  client: WireClient,
  topic: string,
  partition: number,
  wanted: {
    readonly offset: number;
    readonly maxWaitMs?: number;
    readonly minBytes?: number;
    readonly maxBytes?: number;
    readonly partitionMaxBytes?: number;
  },
): Promise<{ error: number; endOffset: number; startOffset: number; records: Buffer }> {
  const { offset, maxWaitMs = 0, minBytes = 1, maxBytes = 50 * 1024 * 1024 } = wanted;
  const reader = await client.request(1, 11, (writer) => {
    writer.int32(-1).int32(maxWaitMs).int32(minBytes).int32(maxBytes).int8(0).int32(0).int32(-1);
    writer.array([topic], (name) => {
      writer.string(name).array([partition], (index) => {
        writer
          .int32(index)
          .int32(-1)
          .int64(offset)
          .int64(-1)
          .int32(wanted.partitionMaxBytes ?? maxBytes);
      });
    });
    writer.array([], () => {}).string('');
  });
  reader.int32();
  reader.int16();
  reader.int32();
  const [result] = reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const error = reader.int16();
      const endOffset = reader.long();
      reader.long();
      const startOffset = reader.long();
      reader.nullableArray(() => [reader.long(), reader.long()]);
      reader.int32();
      return { error, endOffset, startOffset, records: reader.nullableBytes() ?? Buffer.alloc(0) };
    });
  });
  if (result?.[0] === undefined) throw new Error('the answer to a fetch request names no partition');
  return result[0];
}

/** Asks for a new idempotent producer's id. */
export async function initProducerId(
  client: WireClient,
): Promise<{ error: number; id: bigint; epoch: number }> {
  const reader = await client.request(22, 1, (writer) => writer.string(null).int32(60_000));
  reader.int32();
  return { error: reader.int16(), id: reader.int64(), epoch: reader.int16() };
}

/** Commits an offset of partition 0, as a client outside of any group unless `member` says otherwise. @returns the error code. */
export async function commitRaw(
  client: WireClient,
  groupId: string,
  topic: string,
  offset: number,
  member: { readonly generation: number; readonly memberId: string } = { generation: -1, memberId: '' },
): Promise<number> {
  const reader = await client.request(8, 7, (writer) => {
    writer.string(groupId).int32(member.generation).string(member.memberId).string(null);
    writer.array([topic], (name) => {
      writer
        .string(name)
        .array([0], (partition) => writer.int32(partition).int64(offset).int32(-1).string(null));
    });
  });
  reader.int32();
  const [errors] = reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      return reader.int16();
    });
  });
  if (errors?.[0] === undefined) throw new Error('the answer to a commit names no partition');
  return errors[0];
}
