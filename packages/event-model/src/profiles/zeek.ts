import type { FieldTest } from '../field-test.ts';
import type { LogSource } from '../log-source.ts';
import type { OcsfClass } from '../ocsf-class.ts';
import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';

const connection: AttributeMap = {
  'connection_info.protocol_name': { field: 'proto', as: 'lower' },
  'connection_info.flag_history': 'history',
  status_code: 'conn_state',
  'traffic.bytes_out': { field: 'orig_bytes', as: 'number' },
  'traffic.bytes_in': { field: 'resp_bytes', as: 'number' },
  'traffic.packets_out': { field: 'orig_pkts', as: 'number' },
  'traffic.packets_in': { field: 'resp_pkts', as: 'number' },
  app_name: 'service',
};

const lookup: AttributeMap = {
  'query.hostname': { field: 'query', as: 'host' },
  'query.type': 'qtype_name',
  'answers.rdata': 'answers',
  rcode: 'rcode_name',
  'connection_info.protocol_name': { field: 'proto', as: 'lower' },
};

const request: AttributeMap = {
  'http_request.http_method': 'method',
  'http_request.url.hostname': { field: 'host', as: 'host' },
  'http_request.url.path': 'uri',
  'http_request.user_agent': 'user_agent',
  'http_request.referrer': 'referrer',
  'http_response.code': { field: 'status_code', as: 'number' },
  'dst_endpoint.hostname': { field: 'host', as: 'host' },
};

const tls: AttributeMap = {
  'tls.version': 'version',
  'tls.cipher': 'cipher',
  'tls.sni': { field: 'server_name', as: 'host' },
  'tls.ja3_hash.value': 'ja3',
  'dst_endpoint.hostname': { field: 'server_name', as: 'host' },
};

const transferred: AttributeMap = {
  'file.name': ['name', 'filename'],
  'file.path': 'path',
  'file.mime_type': 'mime_type',
  'file.size': { field: 'total_bytes', as: 'number' },
  'file.hashes.sha256': { field: 'sha256', as: 'lower' },
  'file.hashes.sha1': { field: 'sha1', as: 'lower' },
  'file.hashes.md5': { field: 'md5', as: 'lower' },
};

const remoteCall: AttributeMap = { 'dce_rpc.command': 'operation', app_name: 'endpoint' };

const outcome: AttributeMap = {
  status: [
    { field: 'success', map: { true: 'Success', t: 'Success', false: 'Failure', f: 'Failure' } },
    { field: 'auth_success', map: { true: 'Success', t: 'Success', false: 'Failure', f: 'Failure' } },
  ],
};

const logon: AttributeMap = {
  ...outcome,
  'user.name': [
    { field: 'username', as: 'account' },
    { field: 'client', as: 'account' },
  ],
  'user.domain': 'domainname',
  'service.name': 'service',
};

interface Log {
  readonly class: OcsfClass;
  readonly activity: EventKind['activity'];
  readonly attributes: AttributeMap;
  /** A field that no other log with connection ids has, for events that do not say which log they are of. */
  readonly telltale?: string;
  /** A generic log source of Sigma that this log serves as well. */
  readonly category?: string;
}

/** Zeek's logs by the name in `_path`, which is also the service that rules name. */
const logs: Readonly<Record<string, Log>> = {
  conn: log('networkActivity', [6, 'Traffic'], connection, { telltale: 'conn_state', category: 'firewall' }),
  dns: log('dnsActivity', [1, 'Query'], lookup, { telltale: 'qtype_name', category: 'dns' }),
  http: log('httpActivity', [99, 'Other'], request, { telltale: 'trans_depth', category: 'proxy' }),
  ssl: log('networkActivity', [1, 'Open'], tls, { telltale: 'cipher' }),
  smb_files: log('smbActivity', [99, 'Other'], transferred, { telltale: 'times.accessed' }),
  smb_mapping: log(
    'smbActivity',
    [99, 'Other'],
    { share: 'path', share_type: 'share_type' },
    { telltale: 'share_type' },
  ),
  dce_rpc: log('networkActivity', [99, 'Other'], remoteCall, { telltale: 'named_pipe' }),
  kerberos: log('authentication', [3, 'Authentication Ticket'], logon, { telltale: 'request_type' }),
  ntlm: log('authentication', [1, 'Logon'], logon, { telltale: 'domainname' }),
  rdp: log(
    'rdpActivity',
    [1, 'Initial Request'],
    { 'user.name': { field: 'cookie', as: 'account' }, identifier_cookie: 'cookie' },
    { telltale: 'security_protocol' },
  ),
  ssh: log('sshActivity', [1, 'Open'], { ...outcome, protocol_ver: 'version' }, { telltale: 'cipher_alg' }),
  ftp: log('ftpActivity', [99, 'Other'], { command: 'command' }, { telltale: 'reply_code' }),
  smtp: log(
    'emailActivity',
    [1, 'Send'],
    { 'email.from': 'mailfrom', 'email.to': 'rcptto', 'email.subject': 'subject' },
    { telltale: 'mailfrom' },
  ),
  files: log('networkFileActivity', [99, 'Other'], transferred, {}),
  x509: log(
    'networkActivity',
    [99, 'Other'],
    {
      'tls.certificate.subject': 'certificate.subject',
      'tls.certificate.issuer': 'certificate.issuer',
      'tls.certificate.serial_number': 'certificate.serial',
    },
    {},
  ),
  dhcp: log(
    'dhcpActivity',
    [99, 'Other'],
    {
      'device.ip': { field: 'assigned_addr', as: 'address' },
      'device.hostname': { field: 'host_name', as: 'host' },
    },
    {},
  ),
  notice: log('networkActivity', [99, 'Other'], { message: 'msg' }, {}),
  weird: log('networkActivity', [99, 'Other'], { message: 'name' }, {}),
};

const otherLogs = [
  'dpd',
  'ldap',
  'modbus',
  'mqtt',
  'mysql',
  'ntp',
  'ocsp',
  'pe',
  'radius',
  'sip',
  'snmp',
  'socks',
  'software',
  'syslog',
  'tunnel',
];

/** Zeek (formerly Bro), JSON logs: with `_path` as Corelight and the JSON streaming package write it, or without. */
export const zeek: SourceProfile = {
  id: 'zeek',
  product: { name: 'Zeek', vendor: 'Zeek' },
  shapes: [
    shape('streaming', [{ field: '_path' }, { field: 'ts' }]),
    shape('json', [{ field: 'ts' }, { field: 'uid' }, { field: 'id.orig_h' }, { field: 'id.resp_h' }]),
  ],
  time: [{ field: 'ts', format: 'epoch' }],
  attributes: {
    'src_endpoint.ip': [
      { field: 'id.orig_h', as: 'address' },
      { field: 'tx_hosts', as: 'address' },
    ],
    'src_endpoint.port': { field: 'id.orig_p', as: 'number' },
    'dst_endpoint.ip': [
      { field: 'id.resp_h', as: 'address' },
      { field: 'rx_hosts', as: 'address' },
    ],
    'dst_endpoint.port': { field: 'id.resp_p', as: 'number' },
    'connection_info.uid': ['uid', 'conn_uids'],
    'metadata.log_name': '_path',
    'metadata.loggers.name': '_system_name',
  },
  kinds: [
    ...Object.entries(logs).map(([name, entry]) => kind(name, entry, { field: '_path', is: [name] })),
    ...otherLogs.map((name) =>
      kind(name, log('networkActivity', [99, 'Other'], {}, {}), { field: '_path', is: [name] }),
    ),
    ...Object.entries(logs).flatMap(([name, entry]) =>
      entry.telltale === undefined ? [] : [kind(name, entry, { field: entry.telltale })],
    ),
    { when: [], logSources: [{ product: 'zeek' }], class: 'networkActivity', activity: [99, 'Other'] },
  ],
};

function log(
  ocsfClass: OcsfClass,
  activity: EventKind['activity'],
  attributes: AttributeMap,
  more: Pick<Log, 'telltale' | 'category'>,
): Log {
  return { class: ocsfClass, activity, attributes, ...more };
}

function kind(service: string, entry: Log, test: FieldTest): EventKind {
  const own: LogSource = { product: 'zeek', service };
  return {
    when: [test],
    logSources: entry.category === undefined ? [own] : [own, { category: entry.category }],
    class: entry.class,
    activity: entry.activity,
    attributes: entry.attributes,
  };
}

/** Rules for the generic log sources `dns`, `proxy` and `firewall` have names of their own for Zeek's fields. */
function shape(id: string, when: readonly FieldTest[]): SourceProfile['shapes'][number] {
  return {
    id,
    when,
    prefixes: [''],
    aliases: {
      record_type: ['qtype_name'],
      answer: ['answers'],
      'c-uri': ['uri'],
      'cs-uri': ['uri'],
      'c-uri-query': [{ path: 'uri', as: 'uriQuery' }],
      'c-uri-extension': [{ path: 'uri', as: 'uriExtension' }],
      'c-useragent': ['user_agent'],
      'cs-host': ['host'],
      'cs-method': ['method'],
      'sc-status': ['status_code'],
      src_ip: ['id.orig_h'],
      src_port: ['id.orig_p'],
      dst_ip: ['id.resp_h'],
      dst_port: ['id.resp_p'],
    },
  };
}
