/** One Kafka compression: whole batches in, whole batches out. `decompress` throws on damage and past `maxBytes`. */
export interface Codec {
  compress(data: Buffer): Promise<Buffer>;
  decompress(data: Buffer, maxBytes: number): Promise<Buffer>;
}
