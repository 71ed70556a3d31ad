import type { AddressWords } from './address.ts';
import { MmdbError } from './mmdb-error.ts';
import { type MmdbValue, readMmdbValue } from './mmdb-value.ts';

/** What the database says of an address. The same `offset` always means the same data. */
export interface MmdbRecord {
  readonly offset: number;
  readonly length: number;
}

/** A MaxMind DB (format 2.0, https://maxmind.github.io/MaxMind-DB/) held as bytes; nothing is decoded before it is asked for. */
export interface Mmdb {
  /** E.g. `GeoLite2-City`. */
  readonly type: string;
  /** When the database was made, epoch milliseconds. */
  readonly builtAt: number;
  readonly nodes: number;
  /** The record of the longest prefix that holds the address. At most 128 steps. @throws MmdbError for a broken tree */
  find(address: AddressWords): MmdbRecord | undefined;
  /** @throws MmdbError for data that is broken, runs in a circle, or exceeds the limits of `readMmdbValue` */
  read(record: MmdbRecord): MmdbValue;
}

/** @throws MmdbError when the file is not a whole MaxMind DB */
export function openMmdb(bytes: Uint8Array): Mmdb {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const marker = buffer.lastIndexOf(metadataMarker);
  if (marker === -1 || buffer.length - marker > maxMetadataBytes)
    throw new MmdbError(
      'This is no MaxMind DB file: it has no metadata at its end (is it compressed, or cut off?).',
    );
  const metadata = readMetadata(buffer.subarray(marker + metadataMarker.length));
  const { nodes, recordBits, isIpv6 } = metadata;
  const treeBytes = (nodes * recordBits) / 4;
  const dataStart = treeBytes + separatorBytes;
  if (dataStart > marker)
    throw new MmdbError(
      `The file is cut off or broken: its tree of ${nodes} nodes needs ${dataStart} bytes and it has ${marker}.`,
    );
  const data = buffer.subarray(dataStart, marker);
  const child = childReader(buffer, recordBits);

  /** Walks from a node; a record that is no node ends the walk. */
  const walk = (start: number, words: AddressWords): { node: number; depth: number } => {
    let node = start;
    let depth = 0;
    const bits = words.length * 32;
    while (depth < bits && node < nodes) {
      node = child(node, ((words[depth >>> 5] ?? 0) >>> (31 - (depth & 31))) & 1);
      depth += 1;
    }
    return { node, depth };
  };
  // IPv4 lies under ::/96 of an IPv6 tree.
  const ipv4 = isIpv6 ? walkZeros(child, nodes) : 0;

  return {
    type: metadata.type,
    builtAt: metadata.builtAt,
    nodes,
    find(words) {
      if (words.length === 4 && !isIpv6) return undefined;
      const { node, depth } = walk(words.length === 1 ? ipv4 : 0, words);
      if (node === nodes) return undefined;
      const offset = node - nodes - separatorBytes;
      if (offset < 0 || offset >= data.length)
        throw new MmdbError('The file is broken: its tree points outside its data.');
      return { offset, length: depth };
    },
    read: ({ offset }) => readMmdbValue(data, offset),
  };
}

const metadataMarker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const maxMetadataBytes = 128 * 1024;
/** Zero bytes between the tree and the data. */
const separatorBytes = 16;

interface Metadata {
  readonly type: string;
  readonly builtAt: number;
  readonly nodes: number;
  readonly recordBits: 24 | 28 | 32;
  readonly isIpv6: boolean;
}

/** What stands where a number should, for a message. */
const shown = (value: unknown): string => (typeof value === 'number' ? String(value) : `"${typeof value}"`);

function readMetadata(bytes: Buffer): Metadata {
  const value = readMmdbValue(bytes, 0);
  if (!isMap(value)) throw new MmdbError('The file is broken: its metadata is no map.');
  const {
    node_count: nodes,
    record_size: recordBits,
    ip_version: version,
    binary_format_major_version: format,
    database_type: type,
    build_epoch: epoch,
  } = value;
  if (format !== 2)
    throw new MmdbError(`The file has format version ${shown(format)}; version 2 can be read.`);
  if (typeof nodes !== 'number' || !Number.isInteger(nodes) || nodes < 0)
    throw new MmdbError('The file is broken: its metadata has no node count.');
  if (recordBits !== 24 && recordBits !== 28 && recordBits !== 32)
    throw new MmdbError(`The file has records of ${shown(recordBits)} bits; 24, 28 and 32 can be read.`);
  if (version !== 4 && version !== 6)
    throw new MmdbError(`The file is for IP version ${shown(version)}; 4 and 6 can be read.`);
  return {
    type: typeof type === 'string' ? type : 'unknown',
    builtAt: typeof epoch === 'number' && epoch < latestEpoch ? epoch * 1000 : 0,
    nodes,
    recordBits,
    isIpv6: version === 6,
  };
}

/** Seconds; the last time that every store takes. */
const latestEpoch = 9_223_372_036;

function isMap(value: MmdbValue): value is { readonly [key: string]: MmdbValue } {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

type Child = (node: number, side: number) => number;

function childReader(buffer: Buffer, recordBits: 24 | 28 | 32): Child {
  if (recordBits === 24) return (node, side) => buffer.readUIntBE(node * 6 + side * 3, 3);
  if (recordBits === 32) return (node, side) => buffer.readUInt32BE(node * 8 + side * 4);
  return (node, side) => {
    const middle = buffer[node * 7 + 3] ?? 0;
    const high = side === 0 ? middle >>> 4 : middle & 15;
    return high * 0x100_0000 + buffer.readUIntBE(node * 7 + side * 4, 3);
  };
}

function walkZeros(child: Child, nodes: number): number {
  let node = 0;
  for (let depth = 0; depth < 96 && node < nodes; depth += 1) node = child(node, 0);
  return node;
}
