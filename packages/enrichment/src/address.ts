import { isIPv4 } from 'node:net';
import { normalizeAddress } from '@parapet/event-model';

/** An IP address as 32-bit words, most significant first: one for IPv4 (IPv4-mapped IPv6 too), four for IPv6. */
export type AddressWords = readonly [number] | readonly [number, number, number, number];

export interface Network {
  /** The first address of the network: bits after `length` are zero. */
  readonly words: AddressWords;
  /** Length of the prefix in bits: 0 to 32, or 0 to 128. */
  readonly length: number;
}

/** The address that a text names, in any spelling that `normalizeAddress` takes; undefined for what is no address. */
export function parseAddress(text: string): AddressWords | undefined {
  if (text === lastText) return lastAddress;
  lastAddress = readAddress(text);
  lastText = text;
  return lastAddress;
}

/** Every provider is asked about the same address in turn; it is read once. */
let lastText = '';
let lastAddress: AddressWords | undefined;

function readAddress(text: string): AddressWords | undefined {
  const plain = parsePlainIpv4(text);
  if (plain !== undefined) return [plain];
  if (text.length > longestAddress) return undefined;
  // Host names are asked about too, and most are seen here to be no address.
  if (!text.includes(':') && !text.includes('[')) {
    const trimmed = parsePlainIpv4(text.trim());
    return trimmed === undefined ? undefined : [trimmed];
  }
  const address = normalizeAddress(text);
  if (address === undefined) return undefined;
  return isIPv4(address) ? [parsePlainIpv4(address) ?? 0] : parseIpv6(address);
}

/**
 * The network that a text names: `10.0.0.0/8`, `2001:db8::/32`, or an address alone, which is a network of itself. Bits
 * after the prefix are ignored. Undefined for what is no network.
 */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const words = parseAddress(address);
  if (words === undefined) return undefined;
  const bits = words.length * 32;
  if (slash === -1) return { words, length: bits };
  const digits = text.slice(slash + 1).trim();
  if (!/^\d{1,3}$/.test(digits)) return undefined;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8 written as IPv6.
  const length = Number(digits) - (words.length === 1 && address.includes(':') ? 96 : 0);
  return length < 0 || length > bits ? undefined : { words: maskWords(words, length), length };
}

/** The address with all bits after the prefix set to zero. */
export function maskWords(words: AddressWords, length: number): AddressWords {
  const masked = words.map((word, index) => maskWord(word, length - 32 * index));
  return masked as unknown as AddressWords;
}

/** One word of which only the first `length` bits are kept; all below 0 is 0, all above 32 is 32. */
export function maskWord(word: number, length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? word >>> 0 : (word & (0xffff_ffff << (32 - length))) >>> 0;
}

/** The network in its usual spelling; an address alone where the prefix is the whole address. */
export function formatNetwork(words: AddressWords, length: number): string {
  const masked = maskWords(words, length);
  const address =
    masked.length === 1
      ? formatIpv4(masked[0])
      : (normalizeAddress(formatIpv6(masked)) ?? formatIpv6(masked));
  return length === words.length * 32 ? address : `${address}/${length}`;
}

/** Longer text names no address: 45 characters, brackets, port, and a zone name. */
const longestAddress = 128;

/** Dotted decimal without anything around it; undefined for all else, leading zeros included (some read them as octal). */
function parsePlainIpv4(text: string): number | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      if (digits === 0) return undefined;
      value = value * 256 + part;
      dots += 1;
      part = 0;
      digits = 0;
      continue;
    }
    if (code < 48 || code > 57 || (digits > 0 && part === 0)) return undefined;
    part = part * 10 + code - 48;
    digits += 1;
    if (part > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined;
}

/** Of an address in RFC 5952's spelling. */
function parseIpv6(address: string): AddressWords {
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? '');
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  const word = (at: number): number => (((all[at] ?? 0) << 16) | (all[at + 1] ?? 0)) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatIpv6(words: readonly number[]): string {
  return words.map((word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`).join(':');
}
