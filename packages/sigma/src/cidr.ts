/** A network: `bits` leading bits of `address` (16-bit groups; 2 for IPv4, 8 for IPv6). */
export interface Network {
  readonly address: readonly number[];
  readonly bits: number;
}

/** `10.0.0.0/8`, `fe80::/10`, or a single address. Host bits are ignored. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const size = address.length * 16;
  if (slash === -1)
    return isMapped(address) ? { address: address.slice(6), bits: 32 } : { address, bits: size };
  const prefix = text.slice(slash + 1);
  if (!/^\d{1,3}$/u.test(prefix) || Number(prefix) > size) return undefined;
  const bits = Number(prefix);
  // A network of IPv4-mapped addresses is one of IPv4 addresses, as the addresses themselves are.
  return bits >= 96 && isMapped(address) ? { address: address.slice(6), bits: bits - 96 } : { address, bits };
}

/** The 16-bit groups of an IPv4 (2) or IPv6 (8) address; a zone such as `%eth0` is ignored. */
export function parseAddress(text: string): readonly number[] | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 64) return undefined;
  return trimmed.includes(':') ? parseV6(trimmed) : parseV4(trimmed);
}

/** Whether the address lies in the network. An IPv4-mapped IPv6 address counts as its IPv4 address too. */
export function inNetwork(address: readonly number[], network: Network): boolean {
  if (address.length === network.address.length) return samePrefix(address, network);
  return isMapped(address) && samePrefix(address.slice(6), network);
}

const isMapped = (address: readonly number[]): boolean =>
  address.length === 8 && address.slice(0, 5).every((group) => group === 0) && address[5] === 0xffff;

function samePrefix(address: readonly number[], network: Network): boolean {
  let bits = network.bits;
  for (const [index, group] of network.address.entries()) {
    if (bits <= 0) return true;
    const mask = bits >= 16 ? 0xffff : (0xffff << (16 - bits)) & 0xffff;
    if ((((address[index] ?? 0) ^ group) & mask) !== 0) return false;
    bits -= 16;
  }
  return true;
}

function parseV4(text: string): readonly number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/u.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [(a << 8) | b, (c << 8) | d];
}

function parseV6(text: string): readonly number[] | undefined {
  const [address = ''] = text.replace(/^\[(.*)\]$/u, '$1').split('%');
  const halves = address.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const front = parseGroups(head, tail === undefined);
  const back = tail === undefined ? [] : parseGroups(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...front, ...new Array<number>(missing).fill(0), ...back];
}

function parseGroups(text: string, last: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      groups.push(...v4);
    } else if (/^[\da-f]{1,4}$/iu.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
