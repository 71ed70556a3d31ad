import { parseAddress } from './address.ts';
import type { Answer } from './enrichment.ts';
import { openMmdb } from './mmdb.ts';
import type { MmdbValue } from './mmdb-value.ts';
import { type Knowledge, noAnswers } from './provider.ts';
import { definedValues } from './row-fields.ts';

export interface GeoOptions {
  readonly provider: string;
  readonly kind: 'location' | 'autonomous_system';
  /** A MaxMind DB: GeoIP2, GeoLite2, DB-IP, or the flat records of ip-location-db and IPinfo. */
  readonly bytes: Uint8Array;
  /** The time of the data where the database does not say when it was made. */
  readonly modifiedAt: number;
}

/** Records that have nothing of the kind are misses. @throws MmdbError when the file is no database */
export function createGeoKnowledge(options: GeoOptions): {
  readonly knowledge: Knowledge;
  readonly asOf: number;
} {
  const { provider, kind } = options;
  const mmdb = openMmdb(options.bytes);
  const asOf = mmdb.builtAt || options.modifiedAt;
  const valuesOf = kind === 'location' ? locationOf : systemOf;
  // Records are shared by many networks; decoding one costs more than finding it.
  const cache = new Map<number, readonly Answer[]>();
  return {
    asOf,
    knowledge: {
      entries: mmdb.nodes,
      rejected: 0,
      answer({ text }) {
        const address = parseAddress(text);
        const record = address && mmdb.find(address);
        if (record === undefined) return noAnswers;
        let answers = cache.get(record.offset);
        if (answers === undefined) {
          const values = valuesOf(mmdb.read(record));
          answers = values === undefined ? noAnswers : [{ kind, provider, asOf, values }];
          if (cache.size >= maxCached) cache.clear();
          cache.set(record.offset, answers);
        }
        return answers;
      },
    },
  };
}

const maxCached = 50_000;

function locationOf(data: MmdbValue): Answer['values'] | undefined {
  // The country where the address is used; where that is not known, the country it is registered in.
  const country =
    text(data, 'country', 'iso_code') ??
    text(data, 'country_code') ??
    text(data, 'country') ??
    text(data, 'registered_country', 'iso_code');
  if (country === undefined || !/^[a-z]{2}$/i.test(country)) return undefined;
  return definedValues({
    country: country.toUpperCase(),
    country_name: text(data, 'country', 'names', 'en') ?? text(data, 'country_name'),
    continent: text(data, 'continent', 'code') ?? text(data, 'continent'),
    region: text(data, 'subdivisions', 0, 'names', 'en') ?? text(data, 'state1') ?? text(data, 'region'),
    city: text(data, 'city', 'names', 'en') ?? text(data, 'city'),
    postal_code: text(data, 'postal', 'code') ?? text(data, 'postcode') ?? text(data, 'postal_code'),
    lat: number(data, 'location', 'latitude') ?? number(data, 'latitude'),
    long: number(data, 'location', 'longitude') ?? number(data, 'longitude'),
  });
}

function systemOf(data: MmdbValue): Answer['values'] | undefined {
  const digits = /^(?:AS)?(\d{1,10})$/.exec(text(data, 'asn') ?? '')?.[1];
  const system =
    number(data, 'autonomous_system_number') ??
    number(data, 'asn') ??
    (digits === undefined ? undefined : Number(digits));
  if (system === undefined) return undefined;
  const name = text(data, 'autonomous_system_organization') ?? text(data, 'as_name') ?? text(data, 'name');
  return definedValues({ number: system, name });
}

function at(data: MmdbValue, path: readonly (string | number)[]): MmdbValue | undefined {
  let value: MmdbValue | undefined = data;
  for (const step of path) {
    if (typeof value !== 'object' || value instanceof Uint8Array) return undefined;
    value = (value as Readonly<Record<string | number, MmdbValue>>)[step];
  }
  return value;
}

function text(data: MmdbValue, ...path: readonly (string | number)[]): string | undefined {
  const value = at(data, path);
  return typeof value === 'string' && value !== '' ? value.slice(0, 256) : undefined;
}

function number(data: MmdbValue, ...path: readonly (string | number)[]): number | undefined {
  const value = at(data, path);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
