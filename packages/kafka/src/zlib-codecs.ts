import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Codec } from './codec.ts';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify<Buffer, object, Buffer>(gunzip);
const zstdCompressAsync = promisify<Buffer, object, Buffer>(zstdCompress);
const zstdDecompressAsync = promisify<Buffer, object, Buffer>(zstdDecompress);

export const gzipCodec: Codec = {
  compress: (data) => gzipAsync(data),
  decompress: (data, maxBytes) => gunzipAsync(data, { maxOutputLength: maxBytes }),
};

export const zstdCodec: Codec = {
  compress: (data) => zstdCompressAsync(data, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  decompress: (data, maxBytes) => zstdDecompressAsync(data, { maxOutputLength: maxBytes }),
};
