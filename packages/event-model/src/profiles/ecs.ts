import type { SourceProfile, SourceShape } from '../source-profile.ts';
import { ecsKinds, systems } from './ecs-kinds.ts';
import { severityFrom, syslogSeverities } from './severity-attributes.ts';

/** Names that Sigma rules use, and where ECS has the same. */
const aliases: NonNullable<SourceShape['aliases']> = {
  os: ['host.os.type', 'host.os.family', 'host.os.platform'],
  Image: ['process.executable'],
  CommandLine: ['process.command_line', 'process.args'],
  CurrentDirectory: ['process.working_directory'],
  OriginalFileName: ['process.pe.original_file_name', 'dll.pe.original_file_name'],
  Company: ['process.pe.company'],
  Product: ['process.pe.product'],
  Description: ['process.pe.description'],
  IntegrityLevel: ['process.Ext.token.integrity_level_name'],
  ProcessId: ['process.pid'],
  ParentImage: ['process.parent.executable'],
  ParentCommandLine: ['process.parent.command_line'],
  ParentProcessId: ['process.parent.pid'],
  User: ['user.name'],
  TargetFilename: ['file.path'],
  ImageLoaded: ['dll.path', 'file.path'],
  TargetObject: ['registry.path'],
  Details: ['registry.data.strings'],
  QueryName: ['dns.question.name'],
  SourceIp: ['source.ip'],
  SourcePort: ['source.port'],
  DestinationIp: ['destination.ip'],
  DestinationPort: ['destination.port'],
  DestinationHostname: ['destination.domain'],
  Protocol: ['network.transport'],
  query: ['dns.question.name'],
  record_type: ['dns.question.type'],
  answer: ['dns.answers.data', 'dns.resolved_ip'],
  src_ip: ['source.ip'],
  src_port: ['source.port'],
  dst_ip: ['destination.ip'],
  dst_port: ['destination.port'],
  action: ['event.action'],
  'c-ip': ['source.ip', 'client.ip'],
  'c-uri': ['url.full', 'url.original'],
  'c-uri-query': ['url.query'],
  'c-uri-extension': ['url.extension', { path: 'url.original', as: 'uriExtension' }],
  'c-useragent': ['user_agent.original'],
  'cs-host': ['url.domain'],
  'cs-method': ['http.request.method'],
  'cs-uri': ['url.full', 'url.original'],
  'cs-uri-query': ['url.original', 'url.query'],
  'cs-uri-stem': ['url.path'],
  'cs-user-agent': ['user_agent.original'],
  'cs-referer': ['http.request.referrer'],
  'sc-status': ['http.response.status_code'],
  Signature: ['rule.name', 'threat.software.name'],
  Filename: ['file.path', 'file.name'],
};

/**
 * Events in the Elastic Common Schema, of any module that no other profile knows: `event.category` and `event.type` say what
 * happened, the host's platform which of Sigma's log sources it is.
 */
export const ecs: SourceProfile = {
  id: 'ecs',
  product: { name: 'Elastic Common Schema' },
  shapes: [
    shape('versioned', 'ecs.version', '@timestamp'),
    shape('categorised', 'event.category', '@timestamp'),
    shape('module', 'event.module', 'event.dataset'),
  ],
  time: [
    { field: '@timestamp', format: 'iso' },
    { field: 'event.created', format: 'iso' },
  ],
  attributes: {
    ...severityFrom({ 'log.level': syslogSeverities }),
    'metadata.product.name': ['observer.product', 'event.module', { value: 'Elastic Common Schema' }],
    'metadata.product.vendor_name': 'observer.vendor',
    'metadata.log_name': 'event.dataset',
    'metadata.log_provider': 'event.provider',
    'metadata.event_code': ['event.code', 'event.action'],
    'metadata.uid': 'event.id',
    'device.hostname': [
      { field: 'host.name', as: 'host' },
      { field: 'host.hostname', as: 'host' },
      { field: 'observer.hostname', as: 'host' },
    ],
    'device.ip': { field: 'host.ip', as: 'address' },
    'device.os.name': 'host.os.name',
    'device.os.type': {
      field: 'os',
      map: Object.fromEntries(
        [
          ['Windows', systems[0][1]],
          ['Linux', systems[1][1]],
          ['macOS', systems[2][1]],
        ].flatMap(([name, values]) => (values as readonly string[]).map((value) => [value, name as string])),
      ),
    },
    'cloud.provider': 'cloud.provider',
    'cloud.region': 'cloud.region',
    'cloud.account.uid': 'cloud.account.id',
    message: 'message',
  },
  kinds: ecsKinds,
};

function shape(id: string, ...fields: readonly string[]): SourceShape {
  return { id, when: fields.map((field) => ({ field })), prefixes: [''], aliases };
}
