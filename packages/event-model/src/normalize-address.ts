import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address in one spelling, so that the same address from two sources is one name: IPv4 dotted without leading
 * zeros, IPv6 in lower case as RFC 5952 says, IPv4-mapped IPv6 as IPv4, no zone, no brackets, no port. Undefined for
 * what is no address.
 */
export function normalizeAddress(text: string): string | undefined {
  let address = text.trim();
  const bracketed = /^\[([^\]]{2,64})\](?::\d{1,5})?$/.exec(address);
  if (bracketed !== null) address = bracketed[1] ?? '';
  const withPort = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(address);
  if (withPort !== null) address = withPort[1] ?? '';
  if (isIPv4(address)) return address;
  const zone = address.indexOf('%');
  if (zone !== -1) address = address.slice(0, zone);
  if (!isIPv6(address)) return undefined;
  const groups = parseGroups(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return formatGroups(groups);
}

export type AddressScope = 'internal' | 'external' | 'special';

/**
 * Whom a normalised address can belong to: `internal` is private space (RFC 1918, carrier-grade NAT, IPv6 unique local),
 * which names a machine of one's own network; `special` is loopback, link-local, multicast, unspecified, broadcast and
 * reserved space, which names no machine.
 */
export function addressScope(address: string): AddressScope {
  if (isIPv4(address)) {
    const a = Number.parseInt(address, 10);
    const b = Number.parseInt(address.slice(address.indexOf('.') + 1), 10);
    if (a === 0 || a === 127 || a >= 224 || (a === 169 && b === 254)) return 'special';
    if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return 'internal';
    return a === 100 && b >= 64 && b <= 127 ? 'internal' : 'external';
  }
  const first = parseGroups(address)[0] ?? 0;
  if (first >= 0xff00 || (first >= 0xfe80 && first <= 0xfebf) || address === '::' || address === '::1')
    return 'special';
  return first >= 0xfc00 && first <= 0xfdff ? 'internal' : 'external';
}

/** The eight groups of a valid IPv6 address. */
function parseGroups(address: string): readonly number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  let hex = address;
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number);
    hex = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = hex.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return groups(head);
  const before = groups(head);
  const after = groups(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function formatGroups(groups: readonly number[]): string {
  let best = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - start > bestLength) {
      best = start;
      bestLength = end - start;
    }
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best === -1) return text(groups);
  return `${text(groups.slice(0, best))}::${text(groups.slice(best + bestLength))}`;
}
