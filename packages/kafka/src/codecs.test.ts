import { compressFrame } from 'lz4-napi';
import { compressSync as snappyRaw } from 'snappy';
import { describe, expect, it } from 'vitest';
import type { Codec } from './codec.ts';
import { lz4Codec } from './lz4-codec.ts';
import { snappyCodec } from './snappy-codec.ts';
import { gzipCodec, zstdCodec } from './zlib-codecs.ts';

const limit = 64 * 1024 * 1024;
const codecs: [string, Codec][] = [
  ['gzip', gzipCodec],
  ['snappy', snappyCodec],
  ['lz4', lz4Codec],
  ['zstd', zstdCodec],
];
const sample = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `{"n":${i % 97}}`).join('\n'));

describe.each(codecs)('%s', (_name, codec) => {
  it.each([0, 1, 70_000, sample.length])('gives back the %d bytes it was given', async (size) => {
    const data = sample.subarray(0, size);
    expect(Buffer.compare(await codec.decompress(await codec.compress(data), limit), data)).toBe(0);
  });

  it('refuses a batch that unpacks to more than the bound', async () => {
    const bomb = await codec.compress(Buffer.alloc(9 * 1024 * 1024));
    await expect(codec.decompress(bomb, 1024 * 1024)).rejects.toThrow();
  });

  it('refuses damaged batches', async () => {
    const packed = await codec.compress(sample);
    await expect(codec.decompress(packed.subarray(0, packed.length / 2), limit)).rejects.toThrow();
    await expect(codec.decompress(Buffer.from('certainly not compressed'), limit)).rejects.toThrow();
    await expect(codec.decompress(Buffer.alloc(0), limit)).rejects.toThrow();
  });
});

describe('snappy', () => {
  it('reads one raw block, as franz-go and so Redpanda Connect write it', async () => {
    expect(Buffer.compare(await snappyCodec.decompress(snappyRaw(sample), limit), sample)).toBe(0);
  });

  it('reads several xerial blocks, as snappy-java writes them', async () => {
    const blocks = [sample.subarray(0, 32_768), sample.subarray(32_768, 65_536), sample.subarray(65_536)].map(
      (part) => {
        const packed = snappyRaw(part);
        const size = Buffer.alloc(4);
        size.writeInt32BE(packed.length);
        return Buffer.concat([size, packed]);
      },
    );
    const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(
      Buffer.compare(await snappyCodec.decompress(Buffer.concat([header, ...blocks]), limit), sample),
    ).toBe(0);
  });
});

describe('lz4', () => {
  // Frames of the reference `lz4` tool over the same text.
  const text = Buffer.from(Array.from({ length: 12_000 }, (_, i) => `{"n":${i % 13}}`).join('\n'));
  it.each([
    [
      'linked blocks of 64 KiB',
      'BCJNGERAXkMBAACBeyJuIjowfQoIABMxCAATMggAEzMIABM0CAATNQgAEzYIABM3CAATOAgAFDlIAAVRAARSABQxUwAPawD/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////eFAKeyJuIowAAAAPawD/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////OlBuIjowfQAAAAA1sh+b',
    ],
    [
      'independent blocks of 64 KiB with checksums',
      'BCJNGHRAvUMBAACBeyJuIjowfQoIABMxCAATMggAEzMIABM0CAATNQgAEzYIABM3CAATOAgAFDlIAAVRAARSABQxUwAPawD/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////eFAKeyJuIudfNgvCAAAAozo2fQp7Im4iOjcIABM4CAATOQgAJDEwCQAUMQkAEzIJAAUaAAMIAAQYABMzCAATNAgAEzUIAA9rAP///////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////81QbiI6MH20Amd9AAAAADWyH5s=',
    ],
    [
      'linked blocks of 4 MiB',
      'BCJNGGRQCMUBAACBeyJuIjowfQoIABMxCAATMggAEzMIABM0CAATNQgAEzYIABM3CAATOAgAFDlIAAVRAARSABQxUwAPawD//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////8pQbiI6MH0AAAAANbIfmw==',
    ],
    [
      'independent blocks of 4 MiB, its size in front and no checksum',
      'BCJNGGBQ+8UBAACBeyJuIjowfQoIABMxCAATMggAEzMIABM0CAATNQgAEzYIABM3CAATOAgAFDlIAAVRAARSABQxUwAPawD//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////8pQbiI6MH0AAAAA',
    ],
  ])('reads frames with %s', async (_name, frame) => {
    expect(Buffer.compare(await lz4Codec.decompress(Buffer.from(frame, 'base64'), limit), text)).toBe(0);
  });

  it('reads frames with content and block checksums', async () => {
    const packed = await compressFrame(sample, { contentChecksum: true, blockChecksums: true });
    expect(Buffer.compare(await lz4Codec.decompress(packed, limit), sample)).toBe(0);
  });
});
