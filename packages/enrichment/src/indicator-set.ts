import { type AddressWords, formatNetwork, parseAddress, parseNetwork } from './address.ts';
import type { Answer } from './enrichment.ts';
import { domainKey, type HashType, hashKey, hashTypes, refang, suffixesOf, urlKey } from './indicator-key.ts';
import { createPrefixTable } from './prefix-table.ts';
import { type Knowledge, noAnswers } from './provider.ts';
import type { Question } from './question.ts';
import { definedValues } from './row-fields.ts';
import { createTextTable } from './text-table.ts';
import { createWordTable } from './word-table.ts';

/** `domain` holds for its subdomains too, `hostname` for itself alone. */
export type IndicatorType = 'address' | 'network' | 'domain' | 'hostname' | 'url' | HashType;

/** What a list says of one of its indicators. Times in epoch milliseconds. */
export interface IndicatorDetails {
  readonly threat?: string | undefined;
  /** 0 to 100. */
  readonly confidence?: number | undefined;
  readonly validFrom?: number | undefined;
  readonly validUntil?: number | undefined;
  readonly description?: string | undefined;
}

export interface IndicatorSetOptions {
  readonly provider: string;
  /** Name of the list, shown with each answer. */
  readonly list: string;
  readonly asOf: number;
}

/** Collects the indicators of one list; `knowledge` is asked when all are added. */
export interface IndicatorSet {
  /** False when the text is no indicator. `as` tells a host name that stands for itself alone from a domain. */
  add(text: string, details: IndicatorDetails, as?: 'domain' | 'hostname' | 'url'): boolean;
  knowledge(rejected: number): Knowledge;
}

/**
 * Indicators in hash tables over typed arrays. The most specific network or domain of the list answers; details that
 * many indicators share are kept once. Of an indicator that is given twice, the later counts.
 */
export function createIndicatorSet({ provider, list, asOf }: IndicatorSetOptions): IndicatorSet {
  const networks = createPrefixTable();
  const domains = createTextTable();
  const hostnames = createTextTable();
  const urls = createTextTable();
  const hashes = Object.fromEntries(
    Object.entries(hashTypes).map(([length, type]) => [type, createWordTable(Number(length) / 8)]),
  ) as Record<HashType, ReturnType<typeof createWordTable>>;
  const details: IndicatorDetails[] = [];
  const known = new Map<string, number>();
  const cache = new Map<string, readonly Answer[]>();

  const idOf = (one: IndicatorDetails): number => {
    const key = JSON.stringify([one.threat, one.confidence, one.validFrom, one.validUntil, one.description]);
    let id = known.get(key);
    if (id === undefined) {
      details.push(one);
      id = details.length;
      known.set(key, id);
    }
    return id;
  };

  const addDomain = (text: string, id: number, as: 'domain' | 'hostname'): boolean => {
    const name = domainKey(text.replace(/^\*?\./, ''));
    if (name === undefined) return false;
    // A domain of one label would hold for half of the internet; as a name alone it may be meant.
    if (as === 'domain' && !name.includes('.')) return false;
    (as === 'domain' ? domains : hostnames).set(name, id);
    return true;
  };
  const addUrl = (text: string, id: number): boolean => {
    const key = urlKey(text.includes('://') ? text : `http://${text}`);
    if (key !== undefined) urls.set(key.key, id);
    return key !== undefined;
  };
  const add: IndicatorSet['add'] = (raw, one, as) => {
    const text = refang(raw.trim());
    if (text === '' || text.length > 4096 || text.includes('\0')) return false;
    if (as === 'url' || text.includes('://')) return addUrl(text, idOf(one));
    const network = parseNetwork(text);
    if (network !== undefined) {
      networks.set(network, idOf(one));
      return true;
    }
    const hash = hashKey(text);
    if (hash !== undefined) {
      hashes[hash.type].set(hash.words, idOf(one));
      return true;
    }
    return text.includes('/') ? addUrl(text, idOf(one)) : addDomain(text, idOf(one), as ?? 'domain');
  };

  const answerFor = (id: number, type: IndicatorType, indicator: string, now: number): readonly Answer[] => {
    const one = details[id - 1];
    if (one === undefined || !isValid(one, now)) return noAnswers;
    const key = `${id} ${type} ${indicator}`;
    let answers = cache.get(key);
    if (answers === undefined) {
      const { threat, confidence, description, validUntil } = one;
      const values = definedValues({
        indicator,
        type,
        list,
        threat,
        confidence,
        valid_until: validUntil,
        description,
      });
      answers = [{ kind: 'indicator', provider, asOf, values }];
      if (cache.size >= maxCached) cache.clear();
      cache.set(key, answers);
    }
    return answers;
  };

  const byAddress = (words: AddressWords, now: number): readonly Answer[] => {
    const match = networks.find(words);
    if (match === undefined) return noAnswers;
    const type = match.length === words.length * 32 ? 'address' : 'network';
    return answerFor(match.value, type, formatNetwork(words, match.length), now);
  };
  const byHost = (text: string, now: number): readonly Answer[] => {
    const address = parseAddress(text);
    if (address !== undefined) return byAddress(address, now);
    const name = domainKey(text);
    if (name === undefined) return noAnswers;
    const exact = hostnames.size === 0 ? 0 : hostnames.get(name);
    const itself = exact === 0 ? noAnswers : answerFor(exact, 'hostname', name, now);
    if (itself.length > 0) return itself;
    if (domains.size === 0) return noAnswers;
    for (const suffix of suffixesOf(name)) {
      const id = domains.get(suffix);
      // One that has expired does not hide a parent domain that has not.
      const found = id === 0 ? noAnswers : answerFor(id, 'domain', suffix, now);
      if (found.length > 0) return found;
    }
    return noAnswers;
  };
  const byUrl = (text: string, now: number): readonly Answer[] => {
    const key = urlKey(text);
    if (key === undefined) return noAnswers;
    const id = urls.size === 0 ? 0 : urls.get(key.key);
    const found = id === 0 ? noAnswers : answerFor(id, 'url', key.key, now);
    return found.length > 0 ? found : byHost(key.host, now);
  };
  const byHash = (text: string, now: number): readonly Answer[] => {
    const hash = hashKey(text.trim());
    const id = hash === undefined ? 0 : hashes[hash.type].get(hash.words);
    return hash === undefined || id === 0
      ? noAnswers
      : answerFor(id, hash.type, text.trim().toLowerCase(), now);
  };
  const answer = ({ type, text }: Question, now: number): readonly Answer[] => {
    if (type === 'address' || type === 'domain') return byHost(text, now);
    if (type === 'url') return byUrl(text, now);
    return type === 'hash' ? byHash(text, now) : noAnswers;
  };

  return {
    add,
    knowledge(rejected) {
      known.clear();
      const changes = Float64Array.from(
        details
          .flatMap(({ validFrom, validUntil }) => [validFrom, validUntil])
          .filter((time) => time !== undefined),
      ).toSorted();
      const tables = [networks, domains, hostnames, urls, ...Object.values(hashes)];
      return {
        entries: tables.reduce((sum, table) => sum + table.size, 0),
        rejected,
        answer,
        nextChange: (now) => changes.find((time) => time > now) ?? Number.POSITIVE_INFINITY,
      };
    },
  };
}

const maxCached = 10_000;

function isValid(
  { validFrom = 0, validUntil = Number.POSITIVE_INFINITY }: IndicatorDetails,
  now: number,
): boolean {
  return validFrom <= now && now < validUntil;
}
