import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RawRecord } from '@parapet/event-model';
import type { DetectionNode, SigmaRule } from '@parapet/sigma';
import { flowMix } from './flow-mix.ts';

export const { PARAPET_CORPUS: corpus = path.join(import.meta.dirname, '../../../shared/corpus') } =
  process.env;

export const whyNoCorpus = existsSync(path.join(corpus, 'sigma/rules'))
  ? undefined
  : `the corpus is not at ${corpus}; set PARAPET_CORPUS`;

export function ruleTexts(): readonly string[] {
  return ['rules', 'rules-emerging-threats', 'rules-threat-hunting'].flatMap((folder) =>
    readdirSync(path.join(corpus, 'sigma', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yml'))
      .sort()
      .map((file) => readFileSync(path.join(corpus, 'sigma', folder, file), 'utf8')),
  );
}

/** So many rules: an even choice of those given, or all of them and copies that ask for other texts. */
export function rulesOfNumber(rules: readonly SigmaRule[], wanted: number): readonly SigmaRule[] {
  return Array.from({ length: wanted }, (_, index) => {
    const rule =
      rules[wanted <= rules.length ? Math.floor((index * rules.length) / wanted) : index % rules.length];
    if (rule === undefined) throw new Error('there are no rules');
    const copy = wanted <= rules.length ? 0 : Math.floor(index / rules.length);
    return copy === 0 ? rule : changed(rule, copy);
  });
}

function changed(rule: SigmaRule, copy: number): SigmaRule {
  const change = (node: DetectionNode): DetectionNode => {
    if (node.kind !== 'item') return { ...node, of: node.of.map(change) };
    const { item } = node;
    if (item.modifiers.some((modifier) => ['re', 'cidr', 'fieldref', 'expand', 'exists'].includes(modifier)))
      return node;
    return { ...node, item: { ...item, values: item.values.map((value) => changedText(value, copy)) } };
  };
  const searches = new Map(Array.from(rule.detection.searches, ([name, node]) => [name, change(node)]));
  return { ...rule, id: `${rule.id}-${copy}`, detection: { ...rule.detection, searches } };
}

function changedText<T>(value: T, copy: number): T | string {
  if (typeof value !== 'string' || value.length < 4) return value;
  const middle = value.length >> 1;
  return `${value.slice(0, middle)}${copy}z${value.slice(middle)}`;
}

export function captureNames(): readonly string[] {
  return readdirSync(path.join(corpus, 'windows-otrf/captures')).sort();
}

/** The events of a capture, a record each, in batches of `size`. */
export function* captureRecords(name: string, size: number): Iterable<readonly RawRecord[]> {
  const bytes = gunzipSync(readFileSync(path.join(corpus, 'windows-otrf/captures', name)));
  let records: RawRecord[] = [];
  for (let start = 0, offset = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end > start) records.push(recordOf(bytes.subarray(start, end), offset++));
    start = end + 1;
    if (records.length < size && start < bytes.length) continue;
    yield records;
    records = [];
  }
}

const recordOf = (value: Uint8Array, offset: number): RawRecord => ({
  topicId: 'bench',
  partition: 0,
  offset,
  timestamp: 1_767_225_600_000,
  value,
  headers: {},
});

/** Every `of`-th block of lines of all captures, in order, a record each, as views into one buffer a capture. */
export function captureShare(share: number, of: number): readonly RawRecord[] {
  const records: RawRecord[] = [];
  let line = 0;
  for (const name of captureNames()) {
    for (const some of captureRecords(name, Number.POSITIVE_INFINITY)) {
      for (const { value } of some) {
        // Blocks, not single lines: partitions hold runs of one machine's events too.
        if (Math.floor(line / linesTogether) % of === share && value !== null)
          records.push(recordOf(value, records.length));
        line += 1;
      }
    }
  }
  return records;
}

const linesTogether = 500;

/** Flows and logons, a record each, in batches of `size`; the same ones at every call. */
export function* flowRecords(events: number, size: number): Iterable<readonly RawRecord[]> {
  const records = flowMix({ seed: 42, events, start: Date.UTC(2026, 0, 1) }).map(recordOf);
  for (let from = 0; from < records.length; from += size) yield records.slice(from, from + size);
}
