import { type Machine, office } from './office.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One auditd record as the audit plugins for JSON write it: `type`, the record's fields, `node` for the machine. */
export function auditRecord(
  machine: Machine,
  time: number,
  serial: number,
  type: string,
  fields: Fields,
): Fields {
  return { node: machine.name, type, msg: `audit(${(time / 1000).toFixed(3)}:${serial})`, ...fields };
}

/** The SYSCALL record of a started program. */
export function execveCall(
  machine: Machine,
  time: number,
  serial: number,
  call: {
    readonly exe: string;
    readonly uid: string;
    readonly pid: number;
    readonly ppid: number;
    readonly auid?: string;
  },
): Fields {
  return auditRecord(machine, time, serial, 'SYSCALL', {
    arch: 'c000003e',
    SYSCALL: 'execve',
    success: 'yes',
    exit: '0',
    ppid: String(call.ppid),
    pid: String(call.pid),
    auid: call.auid ?? '4294967295',
    uid: call.uid,
    euid: call.uid,
    tty: '(none)',
    comm: call.exe.slice(call.exe.lastIndexOf('/') + 1),
    exe: call.exe,
    key: 'exec',
  });
}

/** The EXECVE record with the arguments of a started program. */
export function execveArguments(
  machine: Machine,
  time: number,
  serial: number,
  args: readonly string[],
): Fields {
  return auditRecord(machine, time, serial, 'EXECVE', {
    argc: String(args.length),
    ...Object.fromEntries(args.map((value, index) => [`a${index}`, value])),
  });
}

/** One line of a Zeek log with the log's name in `_path`. */
export function zeekEvent(
  random: Random,
  time: number,
  log: 'conn' | 'dns' | 'http' | 'ssl',
  ends: { readonly from: string; readonly to: string; readonly port: number },
  fields: Fields,
): Fields {
  return {
    _path: log,
    ts: time / 1000,
    uid: `C${random.hex(16)}`,
    'id.orig_h': ends.from,
    'id.orig_p': random.int(49_152, 65_535),
    'id.resp_h': ends.to,
    'id.resp_p': ends.port,
    ...fields,
  };
}

/** One request in nginx's JSON access log. */
export function webRequest(
  machine: Machine,
  time: number,
  request: {
    readonly from: string;
    readonly method?: string;
    readonly uri: string;
    readonly status?: number;
    readonly agent: string;
    readonly bytes?: number;
  },
): Fields {
  return {
    time_iso8601: new Date(time).toISOString(),
    host: machine.name,
    remote_addr: request.from,
    remote_user: '-',
    request_method: request.method ?? 'GET',
    request_uri: request.uri,
    server_protocol: 'HTTP/1.1',
    status: request.status ?? 200,
    body_bytes_sent: request.bytes ?? 1523,
    http_referer: '-',
    http_user_agent: request.agent,
    http_host: 'shop.corp.example',
  };
}

/** One CloudTrail management event of an IAM user. */
export function cloudTrailEvent(
  random: Random,
  time: number,
  call: {
    readonly name: string;
    /** Service, e.g. `iam`. */
    readonly service: string;
    readonly user: string;
    readonly from: string;
    readonly readOnly?: boolean;
    readonly parameters?: unknown;
    readonly response?: unknown;
    readonly extra?: Fields;
  },
): Fields {
  return {
    eventVersion: '1.10',
    userIdentity: {
      type: 'IAMUser',
      principalId: `AIDA${call.user.toUpperCase().replaceAll(/[^A-Z]/g, '')}EXAMPLE`,
      arn: `arn:aws:iam::${office.cloudAccount}:user/${call.user}`,
      accountId: office.cloudAccount,
      userName: call.user,
    },
    eventTime: new Date(time).toISOString().replace(/\.\d+Z$/, 'Z'),
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.name,
    awsRegion: 'eu-central-1',
    sourceIPAddress: call.from,
    userAgent: 'aws-cli/2.17.9 Python/3.11.8 Linux/6.1',
    requestParameters: call.parameters ?? null,
    responseElements: call.response ?? null,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: call.readOnly ?? false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: office.cloudAccount,
    eventCategory: 'Management',
    ...call.extra,
  };
}
