import { domainToASCII } from 'node:url';

/** A host name as indicators are compared: lower case, punycode, no trailing dot; undefined for what is none. */
export function domainKey(text: string): string | undefined {
  let name = text.trim();
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (name.length === 0 || name.length > 253) return undefined;
  const ascii = isAscii(name) ? name.toLowerCase() : domainToASCII(name);
  // A last label of digits makes it an address, or a mistake (WHATWG URL, "ends in a number").
  return /^(?:[a-z0-9_-]{1,63}\.)*(?!\d+$)[a-z0-9_-]{1,63}$/.test(ascii) ? ascii : undefined;
}

/** The name, then each parent domain: `a.b.c`, `b.c`, `c`. */
export function* suffixesOf(domain: string): Generator<string> {
  let rest = domain;
  for (;;) {
    yield rest;
    const dot = rest.indexOf('.');
    if (dot === -1) return;
    rest = rest.slice(dot + 1);
  }
}

export interface UrlKey {
  readonly key: string;
  /** Host name or address. */
  readonly host: string;
}

/**
 * A URL as indicators are compared: host in lower case and punycode, no scheme for http and https (lists and sensors
 * disagree on it), no user, default port or fragment, dot segments resolved, percent-encoding only where it is needed.
 * Undefined for what is no URL with a host.
 */
export function urlKey(text: string): UrlKey | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  const { protocol, hostname, port, pathname, search } = url;
  if (hostname === '') return undefined;
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  const scheme = protocol === 'http:' || protocol === 'https:' ? '' : `${protocol}//`;
  const query = search === '?' ? '' : search;
  const key = `${scheme}${host}${port === '' ? '' : `:${port}`}${plainEncoding(pathname === '' ? '/' : pathname)}${plainEncoding(query)}`;
  return { key, host: host.startsWith('[') ? host.slice(1, -1) : host };
}

/** Undoes the ways in which indicators are made unclickable: `hxxp`, `[.]`, `(.)`, `[:]`. */
export function refang(text: string): string {
  if (!/[[(]|^hxxp/i.test(text)) return text;
  return text
    .replace(/^hxxp(s?)(?=\[?:)/i, 'http$1')
    .replace(/\[(?:\.|dot)\]|\(\.\)/gi, '.')
    .replaceAll('[:]', ':')
    .replaceAll('[://]', '://');
}

export const hashTypes = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' } as const;
export type HashType = (typeof hashTypes)[keyof typeof hashTypes];

/** A file hash in hexadecimal as 32-bit words; undefined for what is none. */
export function hashKey(
  text: string,
): { readonly type: HashType; readonly words: readonly number[] } | undefined {
  const type = hashTypes[text.length as keyof typeof hashTypes];
  if (type === undefined || !/^[0-9a-f]+$/i.test(text)) return undefined;
  const words: number[] = [];
  for (let at = 0; at < text.length; at += 8) words.push(Number.parseInt(text.slice(at, at + 8), 16));
  return { type, words };
}

/** RFC 3986, 6.2.2: unreserved characters are never encoded, hexadecimal digits are in upper case. */
function plainEncoding(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-f]{2})/gi, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : whole.toUpperCase();
  });
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}
