import type { FieldValue, Scalar } from './field-value.ts';
import { normalizeAddress } from './normalize-address.ts';

/**
 * How a field's value becomes an attribute's. `number`: decimal or 0x hex text as a number. `boolean`: true/false text.
 * `address`: an IP address as `normalizeAddress` writes it, nothing for anything else. `host`: a host name in lower case
 * without a trailing dot, nothing for an address. `account`, `domain`: the two sides of `DOMAIN\name` or `name@domain`.
 * `baseName`: what follows the last slash or backslash. `sha256`, `sha1`, `md5`, `imphash`: one hash of Sysmon's
 * `NAME=value,...` list. `arnName`: the last part of an ARN. `lower`, `upper`: in that case. `commandLine`: a list of words as one line.
 */
export type AttributeTransform = keyof typeof transforms;

export const transforms = {
  number: each((value) => {
    if (typeof value === 'number') return value;
    if (typeof value !== 'string' || !/^(?:-?\d{1,15}(?:\.\d{1,9})?|0x[0-9a-f]{1,13})$/i.test(value.trim()))
      return undefined;
    return Number(value);
  }),
  boolean: each((value) => {
    if (typeof value === 'boolean') return value;
    const text = String(value).toLowerCase();
    if (text === 'true' || text === 't' || text === 'yes' || text === '1') return true;
    return text === 'false' || text === 'f' || text === 'no' || text === '0' ? false : undefined;
  }),
  address: each((value) => (typeof value === 'string' ? normalizeAddress(value) : undefined)),
  host: each((value) => {
    if (typeof value !== 'string' || value.length > 255 || normalizeAddress(value) !== undefined)
      return undefined;
    const host = value.trim().replace(/^\\+/, '').replace(/\.$/, '').toLowerCase();
    return /^[\p{L}\p{N}_.-]+$/u.test(host) ? host : undefined;
  }),
  account: each((value) => {
    const text = String(value);
    const name = text.slice(text.lastIndexOf('\\') + 1);
    return name === '' ? undefined : name;
  }),
  domain: each((value) => {
    const text = String(value);
    const slash = text.lastIndexOf('\\');
    return slash > 0 ? text.slice(0, slash) : undefined;
  }),
  baseName: each((value) => {
    const text = String(value);
    const name = text.slice(Math.max(text.lastIndexOf('\\'), text.lastIndexOf('/')) + 1);
    return name === '' ? undefined : name;
  }),
  lower: each((value) => (typeof value === 'string' ? value.toLowerCase() : value)),
  upper: each((value) => (typeof value === 'string' ? value.toUpperCase() : value)),
  sha256: each((value) => hashNamed(value, 'SHA256')),
  sha1: each((value) => hashNamed(value, 'SHA1')),
  md5: each((value) => hashNamed(value, 'MD5')),
  imphash: each((value) => hashNamed(value, 'IMPHASH')),
  arnName: each((value) => {
    const text = String(value);
    if (!text.startsWith('arn:')) return undefined;
    const name = text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1);
    return name === '' ? undefined : name;
  }),
  commandLine: (value: FieldValue): FieldValue | undefined => {
    if (typeof value !== 'object' || value === null) return clean(value);
    return value.length === 0 ? undefined : value.map(String).join(' ');
  },
} as const satisfies Record<string, (value: FieldValue) => FieldValue | undefined>;

/** The value as it is, without what sources write for "nothing". */
export const identityTransform = each((value) => value);

function hashNamed(value: Scalar, name: string): string | undefined {
  const match = new RegExp(`(?:^|,)\\s*${name}=([0-9a-f]{32,64})(?:,|$)`, 'i').exec(String(value));
  return match?.[1]?.toLowerCase();
}

function clean(value: Scalar): Scalar | undefined {
  return value === null || value === '-' || value === '' || value === '(empty)' ? undefined : value;
}

/** Of a list the elements that yield something; a single one stands alone. */
function each(
  transform: (value: Scalar) => Scalar | undefined,
): (value: FieldValue) => FieldValue | undefined {
  const one = (value: Scalar): Scalar | undefined => {
    const known = clean(value);
    return known === undefined ? undefined : transform(known);
  };
  return (value) => {
    if (typeof value !== 'object' || value === null) return one(value);
    const found = value.map(one).filter((item) => item !== undefined);
    return found.length > 1 ? found : found[0];
  };
}
