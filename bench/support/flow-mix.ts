import { Buffer } from 'node:buffer';

/** What the events of a mix repeat: real networks have few machines, many ephemeral ports, and ids that never come again. */
export interface FlowMixOptions {
  readonly seed: number;
  readonly events: number;
  /** Machines of one's own network. @default 5,000 */
  readonly hosts?: number;
  /** Addresses outside, of which few are met often. @default 200,000 */
  readonly outside?: number;
  /** First event's time, epoch milliseconds. */
  readonly start: number;
}

/**
 * Events of a network's flows and logons, about 320 bytes each: Zeek conn (70 %), Windows logons 4624/4625/4634 as NXLog writes them (15 %)
 * and sshd/PAM messages of Linux machines as journald writes them (15 %). NDJSON lines, each a view into one buffer.
 */
export function flowMix(options: FlowMixOptions): readonly Uint8Array[] {
  const { seed, events, start, hosts = 5_000, outside = 200_000 } = options;
  const random = mulberry(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  /** Of many things the first ones often: rank r with a chance of about 1/r. */
  const often = (limit: number): number => Math.min(limit - 1, Math.floor(limit ** random()) - 1);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const hostAddress = (host: number): string =>
    `10.${(host >> 8) & 15}.${(host & 255) >> 2}.${1 + (host & 3) * 60}`;
  const outsideAddress = (place: number): string => {
    const mixed = Math.imul(place + 1, 0x9e3779b1) >>> 0;
    return `${20 + (mixed % 180)}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}.${1 + ((mixed >>> 24) % 254)}`;
  };
  const base62 = (length: number): string => {
    let text = '';
    for (let index = 0; index < length; index += 1) text += alphabet[below(62)];
    return text;
  };
  const services = ['ssl', 'dns', 'http', 'ssh', 'smb', 'kerberos'] as const;
  const states = ['SF', 'SF', 'SF', 'SF', 'S0', 'REJ', 'RSTO', 'OTH'] as const;
  const histories = ['Dd', 'ShADadFf', 'ShADadfF', 'S', 'Sr', 'ShADadR', 'ShADfFa'] as const;
  const users = Array.from({ length: 2_000 }, (_, user) => `user${user}`);

  const conn = (time: number): string => {
    const isOutside = random() < 0.6;
    const port = one([443, 443, 443, 53, 53, 80, 22, 445, 88, 3389, 8443]);
    const sent = below(100_000);
    const got = below(1_000_000);
    return JSON.stringify({
      ts: Math.round(time * 1000) / 1e6,
      uid: `C${base62(17)}`,
      'id.orig_h': hostAddress(often(hosts)),
      'id.orig_p': 32_768 + below(28_000),
      'id.resp_h': isOutside ? outsideAddress(often(outside)) : hostAddress(often(hosts)),
      'id.resp_p': port,
      proto: port === 53 ? 'udp' : 'tcp',
      service: one(services),
      duration: below(1e9) / 1e6,
      orig_bytes: sent,
      resp_bytes: got,
      conn_state: one(states),
      local_orig: true,
      local_resp: !isOutside,
      missed_bytes: 0,
      history: one(histories),
      orig_pkts: 1 + (sent >> 9),
      resp_pkts: 1 + (got >> 10),
      _path: 'conn',
    });
  };
  const logon = (time: number): string => {
    const host = often(hosts);
    // A hunting rule of SigmaHQ holds for every logoff.
    const event = random() < 0.02 ? 4634 : one([4624, 4624, 4624, 4625]);
    return JSON.stringify({
      EventTime: new Date(time).toISOString(),
      Hostname: `ws-${host}.corp.example`,
      Channel: 'Security',
      SourceName: 'Microsoft-Windows-Security-Auditing',
      EventID: event,
      TargetUserName: one(users),
      TargetDomainName: 'CORP',
      TargetLogonId: `0x${below(0xffffff).toString(16)}`,
      LogonType: one([3, 3, 3, 2, 10, 5]),
      IpAddress: hostAddress(often(hosts)),
      IpPort: String(32_768 + below(28_000)),
      WorkstationName: `WS-${often(hosts)}`,
    });
  };
  const session = (time: number): string => {
    const user = one(users);
    const address = random() < 0.2 ? outsideAddress(often(outside)) : hostAddress(often(hosts));
    const text = one([
      `Accepted publickey for ${user} from ${address} port ${32_768 + below(28_000)} ssh2: ED25519 SHA256:${base62(20)}`,
      `Failed password for ${user} from ${address} port ${32_768 + below(28_000)} ssh2`,
      `pam_unix(sshd:session): session opened for user ${user}(uid=${1000 + below(2000)}) by (uid=0)`,
      `Disconnected from user ${user} ${address} port ${32_768 + below(28_000)}`,
    ]);
    return JSON.stringify({
      __REALTIME_TIMESTAMP: String(time * 1000),
      _HOSTNAME: `srv-${often(800)}`,
      SYSLOG_IDENTIFIER: 'sshd',
      SYSLOG_FACILITY: '10',
      PRIORITY: '6',
      _PID: String(below(60_000)),
      _UID: '0',
      _TRANSPORT: 'syslog',
      _SYSTEMD_UNIT: 'ssh.service',
      MESSAGE: text,
    });
  };

  const lines: string[] = [];
  for (let index = 0; index < events; index += 1) {
    const time = start + index / 100;
    const kind = random();
    lines.push(kind < 0.7 ? conn(time) : kind < 0.85 ? logon(Math.floor(time)) : session(Math.floor(time)));
  }
  // Of one's own ArrayBuffer and not of Node's pool: as slices of a fetched batch lie.
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  const views: Uint8Array[] = [];
  let at = 0;
  for (const line of lines) {
    Buffer.from(bytes.buffer, at, line.length).write(line, 'latin1');
    views.push(bytes.subarray(at, at + line.length));
    bytes[at + line.length] = 0x0a;
    at += line.length + 1;
  }
  return views;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A small seeded generator of numbers from 0 to 1 (Mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
