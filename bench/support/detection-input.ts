import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RawRecord } from '@parapet/event-model';
import type { DetectionNode, SigmaRule } from '@parapet/sigma';

const { PARAPET_CORPUS: corpus = path.join(import.meta.dirname, '../../../shared/corpus') } = process.env;

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

/** Connections, name look-ups, requests, logons and audit records of a small network, the same ones at every call. */
export function* networkRecords(events: number, size: number): Iterable<readonly RawRecord[]> {
  let state = 42;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let first = 0; first < events; first += size) {
    yield Array.from({ length: Math.min(size, events - first) }, (_, index) =>
      recordOf(Buffer.from(JSON.stringify(eventOf(first + index, random))), first + index),
    );
  }
}

function eventOf(number: number, random: (below: number) => number): object {
  const ts = 1_767_225_600 + number / 1_000;
  const client = `10.20.${random(4)}.${random(250)}`;
  const server = `198.51.100.${random(200)}`;
  const ends = {
    'id.orig_h': client,
    'id.orig_p': 1_024 + random(60_000),
    'id.resp_h': server,
    'id.resp_p': [443, 80, 53, 22, 445][random(5)],
  };
  const uid = `C${random(2 ** 24).toString(36)}${number.toString(36)}`;
  const kind = random(10);
  if (kind < 4)
    return {
      _path: 'conn',
      ts,
      uid,
      ...ends,
      proto: 'tcp',
      service: ['ssl', 'http', 'ssh'][random(3)],
      duration: random(9_000) / 1_000,
      orig_bytes: random(90_000),
      resp_bytes: random(900_000),
      conn_state: 'SF',
      history: 'ShADadFf',
      orig_pkts: random(90),
      resp_pkts: random(90),
    };
  if (kind < 6)
    return {
      _path: 'dns',
      ts,
      uid,
      ...ends,
      proto: 'udp',
      query: `host${random(3_000)}.example.org`,
      qtype_name: 'A',
      rcode_name: 'NOERROR',
      answers: [server],
      rejected: false,
      Z: 0,
    };
  if (kind < 7)
    return {
      _path: 'http',
      ts,
      uid,
      ...ends,
      method: 'GET',
      host: `www${random(500)}.example.com`,
      uri: `/items/${random(50_000)}?page=${random(9)}`,
      user_agent: `Mozilla/5.0 (X11; Linux x86_64; rv:${100 + random(40)}.0) Gecko/20100101`,
      status_code: 200,
      response_body_len: random(90_000),
    };
  if (kind < 8)
    return {
      node: `web${random(40)}`,
      type: 'USER_LOGIN',
      msg: `audit(${ts}:${number})`,
      pid: String(random(30_000)),
      uid: '0',
      auid: String(1_000 + random(50)),
      acct: `user${random(50)}`,
      exe: '/usr/sbin/sshd',
      hostname: client,
      addr: client,
      terminal: 'ssh',
      res: 'success',
    };
  return {
    Channel: 'Security',
    EventID: 4624,
    Hostname: `WS${random(400)}.corp.example`,
    TimeCreated: new Date(ts * 1_000).toISOString(),
    TargetUserName: `user${random(900)}`,
    TargetDomainName: 'CORP',
    LogonType: [2, 3, 5, 10][random(4)],
    IpAddress: client,
    LogonProcessName: 'Kerberos',
    AuthenticationPackageName: 'Kerberos',
    SubjectUserSid: 'S-1-5-18',
    TargetLogonId: `0x${random(2 ** 24).toString(16)}`,
    ProcessName: '-',
  };
}
