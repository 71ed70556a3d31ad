import type { WireClient } from './wire-client.ts';

/** Creates a topic of one partition; answers with its error code. */
export async function createTopic(
  client: WireClient,
  name: string,
  configs: Record<string, string> = {},
): Promise<number> {
  const reader = await client.request(19, 4, (writer) => {
    writer.array([name], (topic) => {
      writer
        .string(topic)
        .int32(1)
        .int16(1)
        .array([], () => {});
      writer.array(Object.entries(configs), ([key, value]) => writer.string(key).string(value));
    });
    writer.int32(1000).bool(false);
  });
  reader.int32();
  return (
    reader.array(() => [reader.string(), reader.int16(), reader.nullableString()] as const)[0]?.[1] ?? -1
  );
}

/** The offset a group committed for partition 0 of a topic. */
export async function committedOffset(
  client: WireClient,
  groupId: string,
  topic: string,
): Promise<number | undefined> {
  const reader = await client.request(9, 5, (writer) => {
    writer.string(groupId).array([topic], (name) => writer.string(name).array([0], writer.int32));
  });
  reader.int32();
  return reader.array(() => {
    reader.string();
    return reader.array(() => {
      reader.int32();
      const offset = reader.long();
      reader.int32();
      reader.nullableString();
      reader.int16();
      return offset;
    });
  })[0]?.[0];
}

/** Key, lowest and highest version of every API the broker says it has; throws when it answers with an error. */
export async function apiVersions(client: WireClient): Promise<(readonly [number, number, number])[]> {
  const reader = await client.request(18, 0, () => {});
  const error = reader.int16();
  if (error !== 0) throw new Error(`ApiVersions answered with error ${error}`);
  return reader.array(() => [reader.int16(), reader.int16(), reader.int16()] as const);
}
