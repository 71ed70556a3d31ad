import { z } from 'zod';
import { parseAddress, parseNetwork } from './address.ts';
import { type Answer, criticalities } from './enrichment.ts';
import { createPrefixTable } from './prefix-table.ts';
import { type Knowledge, noAnswers } from './provider.ts';
import type { Row } from './record-limits.ts';
import { visitAll } from './records.ts';
import { definedValues, listField, textField } from './row-fields.ts';
import { createRowProblems, misfit } from './row-problems.ts';

/** One row of an asset file. `host`, `address` (addresses and CIDR ranges) and `account` name the asset; one at least is needed. */
export const AssetRow = z.object({
  name: textField,
  host: listField,
  address: listField,
  account: listField,
  criticality: z
    .union([z.string(), z.null()])
    .transform((value) => (value ?? '').trim().toLowerCase() || undefined)
    .pipe(z.enum(criticalities).optional())
    .optional(),
  owner: textField,
  zone: textField,
  tags: listField,
});

export interface AssetOptions {
  readonly provider: string;
  readonly rows: Iterable<Row>;
  readonly asOf: number;
}

/**
 * Assets by address (the longest prefix), host name and cloud account. A host name without a domain and one with a domain
 * are the same machine where only one machine has that first label. Of rows with the same name the later counts.
 */
export async function createAssetKnowledge({ provider, rows, asOf }: AssetOptions): Promise<Knowledge> {
  const lists: (readonly Answer[])[] = [];
  const networks = createPrefixTable();
  const hosts = new Map<string, readonly Answer[]>();
  const labels = new Map<string, readonly Answer[] | undefined>();
  const accounts = new Map<string, readonly Answer[]>();
  const problems = createRowProblems(Object.keys(AssetRow.shape));
  let number = 0;
  await visitAll(rows, (row) => {
    number += 1;
    problems.look(row);
    const { data: asset, error } = AssetRow.safeParse(row);
    if (asset === undefined) {
      problems.reject(number, misfit(row, error));
      return;
    }
    if (asset.host.length + asset.address.length + asset.account.length === 0) {
      problems.reject(number, 'it has neither host nor address nor account');
      return;
    }
    const { name, criticality, owner, zone, tags } = asset;
    const values = definedValues({
      name,
      criticality,
      owner,
      zone,
      tags: tags.length > 0 ? tags.join(', ') : undefined,
    });
    const answers: readonly Answer[] = [{ kind: 'asset', provider, asOf, values }];
    lists.push(answers);
    for (const text of asset.address) {
      const network = parseNetwork(text);
      if (network === undefined) problems.reject(number, 'an address is no address or CIDR network');
      else networks.set(network, lists.length);
    }
    for (const text of asset.host) {
      const host = hostKey(text);
      hosts.set(host, answers);
      const label = firstLabel(host);
      labels.set(label, labels.has(label) && labels.get(label) !== answers ? undefined : answers);
    }
    for (const account of asset.account) accounts.set(account, answers);
  });
  if (lists.length === 0 && problems.rejected > 0)
    throw new Error(
      'No row names an asset: each needs a host, address or account (and a criticality of low, medium, high or critical, or none).',
    );

  const byHost = (text: string): readonly Answer[] | undefined => {
    const host = hostKey(text);
    const label = firstLabel(host);
    // `web01` and `web01.example.com` are one machine; `web01.example.com` and `web01.example.org` are two.
    return hosts.get(host) ?? (host === label ? labels.get(label) : hosts.get(label));
  };
  const byAddress = (text: string): readonly Answer[] | undefined => {
    const address = parseAddress(text);
    const match = address && networks.find(address);
    return match && lists[match.value - 1];
  };
  return {
    entries: lists.length,
    rejected: problems.rejected,
    problems: problems.sentences,
    answer({ type, text }) {
      if (type === 'account') return accounts.get(text) ?? noAnswers;
      // Some sources write the address where others write the host name.
      return (type === 'host' ? byHost(text) : undefined) ?? byAddress(text) ?? noAnswers;
    },
  };
}

function hostKey(text: string): string {
  return text.trim().toLowerCase().replace(/\.$/, '');
}

function firstLabel(host: string): string {
  const dot = host.indexOf('.');
  return dot === -1 ? host : host.slice(0, dot);
}
