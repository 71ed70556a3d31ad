import { formatNetwork, parseAddress, parseNetwork } from './address.ts';
import type { Answer } from './enrichment.ts';
import { createPrefixTable } from './prefix-table.ts';
import { type Knowledge, noAnswers } from './provider.ts';

/** One network that belongs to a zone. */
export interface ZoneNetwork {
  /** CIDR, or one address. */
  readonly network: string;
  readonly zone: string;
  /** Whether it is part of one's own network. */
  readonly internal: boolean;
}

/** Which network an address is in when the user does not say better. Sources: IANA special-purpose address registries. */
export const defaultZones: readonly ZoneNetwork[] = [
  ...zone('internet', false, '0.0.0.0/0', '::/0'),
  ...zone('private', true, '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'),
  ...zone('loopback', true, '127.0.0.0/8', '::1'),
  ...zone('link-local', true, '169.254.0.0/16', 'fe80::/10'),
  ...zone('multicast', false, '224.0.0.0/4', 'ff00::/8'),
  ...zone('reserved', false, '0.0.0.0/8', '240.0.0.0/4', '192.0.0.0/24', '198.18.0.0/15', '::', '100::/64'),
  ...zone(
    'documentation',
    false,
    '192.0.2.0/24',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '2001:db8::/32',
    '3fff::/20',
  ),
];

export interface ZoneOptions {
  readonly provider: string;
  /** Of networks that are given twice, the later counts; of networks that overlap, the longer prefix. */
  readonly zones: Iterable<ZoneNetwork>;
  readonly asOf: number;
}

/** Networks that cannot be read are counted as rejected. */
export function createZoneKnowledge({ provider, zones, asOf }: ZoneOptions): Knowledge {
  const table = createPrefixTable();
  const answers: Answer[] = [];
  let rejected = 0;
  for (const { network: text, zone: name, internal } of zones) {
    const network = parseNetwork(text);
    if (network === undefined) {
      rejected += 1;
      continue;
    }
    const values = { zone: name, internal, network: formatNetwork(network.words, network.length) };
    answers.push({ kind: 'zone', provider, asOf, values });
    table.set(network, answers.length);
  }
  const lists = answers.map((answer) => [answer]);
  return {
    entries: table.size,
    rejected,
    answer({ text }) {
      const address = parseAddress(text);
      const match = address && table.find(address);
      return (match && lists[match.value - 1]) ?? noAnswers;
    },
  };
}

function zone(name: string, internal: boolean, ...networks: readonly string[]): readonly ZoneNetwork[] {
  return networks.map((network) => ({ network, zone: name, internal }));
}
