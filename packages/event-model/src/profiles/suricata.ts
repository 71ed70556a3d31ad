import type { AttributeMap, EventKind, SourceProfile, SourceShape } from '../source-profile.ts';
import { severityFrom } from './severity-attributes.ts';

const flow: AttributeMap = {
  'traffic.bytes_out': { field: 'flow.bytes_toserver', as: 'number' },
  'traffic.bytes_in': { field: 'flow.bytes_toclient', as: 'number' },
  'traffic.packets_out': { field: 'flow.pkts_toserver', as: 'number' },
  'traffic.packets_in': { field: 'flow.pkts_toclient', as: 'number' },
};

const http: AttributeMap = {
  'http_request.http_method': 'http.http_method',
  'http_request.url.hostname': { field: 'http.hostname', as: 'host' },
  'http_request.url.path': 'http.url',
  'http_request.user_agent': 'http.http_user_agent',
  'http_request.referrer': 'http.http_refer',
  'http_response.code': { field: 'http.status', as: 'number' },
  'http_response.length': { field: 'http.length', as: 'number' },
  'http_response.content_type': 'http.http_content_type',
  'dst_endpoint.hostname': { field: 'http.hostname', as: 'host' },
};

const dns: AttributeMap = {
  'query.hostname': [
    { field: 'dns.rrname', as: 'host' },
    { field: 'dns.queries.rrname', as: 'host' },
  ],
  'query.type': ['dns.rrtype', 'dns.queries.rrtype'],
  'answers.rdata': 'dns.answers.rdata',
  'answers.type': 'dns.answers.rrtype',
  rcode: 'dns.rcode',
};

const tls: AttributeMap = {
  'tls.version': 'tls.version',
  'tls.sni': { field: 'tls.sni', as: 'host' },
  'tls.ja3_hash.value': 'tls.ja3.hash',
  'tls.ja3s_hash.value': 'tls.ja3s.hash',
  'tls.certificate.subject': 'tls.subject',
  'tls.certificate.issuer': 'tls.issuerdn',
  'tls.certificate.serial_number': 'tls.serial',
  'dst_endpoint.hostname': { field: 'tls.sni', as: 'host' },
};

const file: AttributeMap = {
  'file.name': [{ field: 'fileinfo.filename', as: 'baseName' }],
  'file.path': 'fileinfo.filename',
  'file.size': { field: 'fileinfo.size', as: 'number' },
  'file.mime_type': 'fileinfo.magic',
  'file.hashes.sha256': { field: 'fileinfo.sha256', as: 'lower' },
  'file.hashes.sha1': { field: 'fileinfo.sha1', as: 'lower' },
  'file.hashes.md5': { field: 'fileinfo.md5', as: 'lower' },
};

/** An alert carries the metadata of the transaction that it was raised in. */
const alert: AttributeMap = {
  ...severityFrom({ 'alert.severity': { '1': 4, '2': 3, '3': 2, '4': 1, '255': 1 } }),
  'finding_info.title': 'alert.signature',
  'finding_info.uid': 'alert.signature_id',
  'finding_info.types': 'alert.category',
  'finding_info.analytic.name': 'alert.signature',
  'finding_info.analytic.uid': 'alert.signature_id',
  'finding_info.analytic.version': 'alert.rev',
  'evidences.src_endpoint.ip': { field: 'src_ip', as: 'address' },
  'evidences.dst_endpoint.ip': { field: 'dest_ip', as: 'address' },
  disposition: { field: 'alert.action', map: { allowed: 'Allowed', blocked: 'Blocked' } },
  disposition_id: { field: 'alert.action', map: { allowed: 1, blocked: 2 } },
};

const mail: AttributeMap = {
  'email.from': ['smtp.mail_from', 'email.from'],
  'email.to': ['smtp.rcpt_to', 'email.to'],
  'email.subject': 'email.subject',
};

const netflow: AttributeMap = {
  'traffic.bytes': { field: 'netflow.bytes', as: 'number' },
  'traffic.packets': { field: 'netflow.pkts', as: 'number' },
};

const kinds: readonly EventKind[] = [
  kind('alert', 'detectionFinding', [1, 'Create'], alert),
  kind('flow', 'networkActivity', [6, 'Traffic'], flow, 'firewall'),
  kind('netflow', 'networkActivity', [6, 'Traffic'], netflow, 'firewall'),
  kind('dns', 'dnsActivity', [6, 'Traffic'], dns, 'dns'),
  ...(
    [
      ['GET', [3, 'Get']],
      ['POST', [6, 'Post']],
      ['HEAD', [4, 'Head']],
      ['PUT', [7, 'Put']],
      ['CONNECT', [1, 'Connect']],
      ['OPTIONS', [5, 'Options']],
      ['DELETE', [2, 'Delete']],
    ] as const
  ).map(([method, activity]): EventKind => {
    const base = kind('http', 'httpActivity', activity, http, 'proxy');
    return { ...base, when: [...base.when, { field: 'http.http_method', is: [method] }] };
  }),
  kind('http', 'httpActivity', [99, 'Other'], http, 'proxy'),
  kind('tls', 'networkActivity', [1, 'Open'], tls),
  kind('fileinfo', 'networkFileActivity', [99, 'Other'], file),
  kind('ssh', 'sshActivity', [1, 'Open'], {
    protocol_ver: 'ssh.client.proto_version',
    'client_hassh.fingerprint.value': 'ssh.client.hassh.hash',
    'server_hassh.fingerprint.value': 'ssh.server.hassh.hash',
  }),
  kind('smb', 'smbActivity', [99, 'Other'], {
    command: 'smb.command',
    dialect: 'smb.dialect',
    'file.path': 'smb.filename',
    share: 'smb.share',
  }),
  kind('dcerpc', 'networkActivity', [99, 'Other'], {}),
  kind('smtp', 'emailActivity', [1, 'Send'], mail),
  kind('rdp', 'rdpActivity', [1, 'Initial Request'], {}),
  kind('ftp', 'ftpActivity', [99, 'Other'], { command: 'ftp.command' }),
  kind('krb5', 'authentication', [3, 'Authentication Ticket'], {
    'user.name': { field: 'krb5.cname', as: 'account' },
    'user.domain': 'krb5.realm',
    'service.name': 'krb5.sname',
    status_code: 'krb5.error_code',
  }),
  kind('dhcp', 'dhcpActivity', [99, 'Other'], {
    'device.ip': { field: 'dhcp.assigned_ip', as: 'address' },
    'device.mac': 'dhcp.client_mac',
    'device.hostname': { field: 'dhcp.hostname', as: 'host' },
  }),
  kind('anomaly', 'networkActivity', [99, 'Other'], {
    message: 'anomaly.event',
    status_detail: 'anomaly.type',
  }),
  kind(
    'drop',
    'networkActivity',
    [5, 'Refuse'],
    { disposition: { value: 'Blocked' }, disposition_id: { value: 2 } },
    'firewall',
  ),
];

const otherTypes = [
  'arp',
  'bittorrent_dht',
  'dnp3',
  'enip',
  'frame',
  'ftp_data',
  'http2',
  'ike',
  'ldap',
  'mdns',
  'modbus',
  'mqtt',
  'mysql',
  'nfs',
  'packet',
  'pgsql',
  'pop3',
  'quic',
  'rfb',
  'sip',
  'snmp',
  'telnet',
  'tftp',
  'websocket',
] as const;

const types = [...new Set(kinds.flatMap(({ when }) => when[0]?.is ?? [])), ...otherTypes];

/** Suricata's EVE log: one JSON object an event, the transaction of each protocol under the protocol's name. */
export const suricata: SourceProfile = {
  id: 'suricata',
  product: { name: 'Suricata', vendor: 'OISF' },
  shapes: [
    shape('eve', '', [{ field: 'event_type', is: types }, { field: 'timestamp' }, { field: 'src_ip' }]),
    shape('eve-flow', '', [{ field: 'event_type', is: types }, { field: 'flow_id' }]),
    shape('eve-stats', '', [
      { field: 'event_type', is: ['stats'] },
      { field: 'stats' },
      { field: 'timestamp' },
    ]),
    shape('elastic', 'suricata.eve.', [{ field: 'suricata.eve.event_type' }]),
  ],
  time: [
    { field: 'timestamp', format: 'iso' },
    { field: '@timestamp', format: 'iso' },
  ],
  attributes: {
    'metadata.log_name': 'event_type',
    'metadata.uid': 'tx_id',
    'device.hostname': { field: 'host', as: 'host' },
    'device.interface_name': 'in_iface',
    'src_endpoint.ip': { field: 'src_ip', as: 'address' },
    'src_endpoint.port': { field: 'src_port', as: 'number' },
    'dst_endpoint.ip': { field: 'dest_ip', as: 'address' },
    'dst_endpoint.port': { field: 'dest_port', as: 'number' },
    'connection_info.protocol_name': { field: 'proto', as: 'lower' },
    'connection_info.uid': 'flow_id',
    'connection_info.community_uid': 'community_id',
    app_name: 'app_proto',
  },
  kinds: [
    ...kinds,
    ...otherTypes.map((type) => kind(type, 'networkActivity', [99, 'Other'], {})),
    {
      when: [],
      logSources: [{ product: 'suricata' }],
      class: 'baseEvent',
      activity: [99, 'Other'],
    },
  ],
};

/** Rules for the generic log sources `dns`, `proxy` and `firewall` have names of their own for the fields. */
function shape(id: string, prefix: string, when: SourceShape['when']): SourceShape {
  const at = (...paths: readonly string[]): readonly string[] => paths.map((path) => prefix + path);
  return {
    id,
    when,
    prefixes: prefix === '' ? [''] : [prefix, ''],
    aliases: {
      query: at('dns.rrname', 'dns.queries.rrname'),
      record_type: at('dns.rrtype', 'dns.queries.rrtype'),
      answer: at('dns.answers.rdata', 'dns.rdata'),
      'c-uri': at('http.url'),
      'cs-uri': at('http.url'),
      'c-uri-query': at('http.url').map((path) => ({ path, as: 'uriQuery' as const })),
      'c-uri-extension': at('http.url').map((path) => ({ path, as: 'uriExtension' as const })),
      action: at('alert.action'),
      'c-useragent': at('http.http_user_agent'),
      'cs-host': at('http.hostname'),
      'cs-method': at('http.http_method'),
      'cs-referer': at('http.http_refer'),
      'sc-status': at('http.status'),
      dst_ip: at('dest_ip'),
      dst_port: at('dest_port'),
    },
  };
}

function kind(
  type: string,
  ocsfClass: EventKind['class'],
  activity: EventKind['activity'],
  attributes: AttributeMap,
  category?: string,
): EventKind {
  return {
    when: [{ field: 'event_type', is: [type] }],
    logSources: [{ product: 'suricata', service: type }, ...(category === undefined ? [] : [{ category }])],
    class: ocsfClass,
    activity,
    attributes,
  };
}
