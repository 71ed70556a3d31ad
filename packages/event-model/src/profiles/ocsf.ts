import { type OcsfClass, ocsfClasses } from '../ocsf-class.ts';
import type { AttributeMap, EventKind, SourceProfile, SourceShape } from '../source-profile.ts';
import { severityNames } from './severity-attributes.ts';

/** Attributes that are taken over under their own names; the rest of the event stays reachable in its raw form. */
const texts = [
  'class_name',
  'category_name',
  'activity_name',
  'type_name',
  'severity',
  'status',
  'status_code',
  'status_detail',
  'message',
  'disposition',
  'app_name',
  'metadata.version',
  'metadata.uid',
  'metadata.event_code',
  'metadata.log_name',
  'metadata.log_provider',
  'metadata.product.name',
  'metadata.product.vendor_name',
  'cloud.provider',
  'cloud.region',
  'cloud.account.uid',
  'cloud.account.name',
  'device.uid',
  'device.os.name',
  'device.os.type',
  'actor.user.domain',
  'actor.user.uid',
  'actor.user.type',
  'actor.user.credential_uid',
  'actor.session.uid',
  'actor.session.issuer',
  'actor.process.name',
  'actor.process.uid',
  'actor.process.cmd_line',
  'actor.process.file.path',
  'actor.process.file.name',
  'process.name',
  'process.uid',
  'process.cmd_line',
  'process.working_directory',
  'process.integrity',
  'process.file.path',
  'process.file.name',
  'process.file.hashes.algorithm',
  'process.file.hashes.value',
  'process.user.name',
  'user.domain',
  'user.uid',
  'user.email_addr',
  'group.name',
  'group.uid',
  'service.name',
  'auth_protocol',
  'logon_type',
  'api.operation',
  'api.version',
  'api.service.name',
  'api.request.uid',
  'api.response.error',
  'api.response.message',
  'resources.name',
  'resources.type',
  'resources.uid',
  'entity.name',
  'entity.type',
  'entity.uid',
  'http_request.http_method',
  'http_request.url.url_string',
  'http_request.url.path',
  'http_request.user_agent',
  'http_request.referrer',
  'query.type',
  'answers.rdata',
  'rcode',
  'connection_info.protocol_name',
  'connection_info.direction',
  'connection_info.uid',
  'tls.version',
  'tls.cipher',
  'tls.ja3_hash.value',
  'file.path',
  'file.name',
  'file.type',
  'file.hashes.algorithm',
  'file.hashes.value',
  'module.file.path',
  'module.file.name',
  'driver.file.path',
  'driver.file.name',
  'reg_key.path',
  'reg_value.path',
  'reg_value.name',
  'reg_value.data',
  'win_service.name',
  'win_service.cmd_line',
  'job.name',
  'job.cmd_line',
  'share',
  'email.from',
  'email.to',
  'email.subject',
  'finding_info.title',
  'finding_info.uid',
  'finding_info.types',
  'script.script_content',
] as const;

const numbers = [
  'class_uid',
  'category_uid',
  'activity_id',
  'type_uid',
  'severity_id',
  'status_id',
  'disposition_id',
  'actor.process.pid',
  'process.pid',
  'src_endpoint.port',
  'dst_endpoint.port',
  'logon_type_id',
  'http_response.code',
  'http_response.length',
  'rcode_id',
  'traffic.bytes',
  'traffic.bytes_in',
  'traffic.bytes_out',
  'traffic.packets_in',
  'traffic.packets_out',
  'connection_info.protocol_num',
  'file.size',
] as const;

const addresses = ['device.ip', 'src_endpoint.ip', 'dst_endpoint.ip'] as const;

const hosts = [
  'device.hostname',
  'src_endpoint.hostname',
  'dst_endpoint.hostname',
  'src_endpoint.domain',
  'query.hostname',
  'tls.sni',
  'http_request.url.hostname',
] as const;

const accounts = ['actor.user.name', 'user.name'] as const;

/** Names that an event may leave out, since its ids say the same. */
const named = (path: string, field: string, names: Readonly<Record<string, string>>): AttributeMap => ({
  [path]: [path, { field, map: names }],
});

const attributes: AttributeMap = {
  ...Object.fromEntries(texts.map((path) => [path, path])),
  ...Object.fromEntries(numbers.map((path) => [path, { field: path, as: 'number' as const }])),
  ...Object.fromEntries(addresses.map((path) => [path, { field: path, as: 'address' as const }])),
  ...Object.fromEntries(hosts.map((path) => [path, { field: path, as: 'host' as const }])),
  ...Object.fromEntries(accounts.map((path) => [path, { field: path, as: 'account' as const }])),
  ...named(
    'class_name',
    'class_uid',
    classNames(
      (known) => known.uid,
      (known) => known.name,
    ),
  ),
  ...named(
    'category_name',
    'category_uid',
    classNames(
      (known) => known.category,
      (known) => known.categoryName,
    ),
  ),
  ...named('severity', 'severity_id', Object.fromEntries(severityNames.entries())),
  ...named('status', 'status_id', { '1': 'Success', '2': 'Failure' }),
};

const systems = [
  ['windows', ['windows', 'windows mobile']],
  ['linux', ['linux']],
  ['macos', ['macos']],
] as const;

/** Sigma's categories of endpoints by OCSF class and, where it matters, activity. */
const endpointClasses: readonly (readonly [
  classUid: number,
  activities: readonly number[],
  categories: readonly string[],
])[] = [
  [1007, [1], ['process_creation']],
  [1007, [2], ['process_termination']],
  [1007, [3], ['process_access']],
  [1007, [4], ['create_remote_thread']],
  [1001, [1, 3], ['file_event']],
  [1001, [4], ['file_delete']],
  [1001, [5], ['file_rename']],
  [1001, [2, 14], ['file_access']],
  [1001, [6], ['file_change']],
  [1002, [1], ['driver_load']],
  [1005, [1], ['image_load']],
  [201001, [1], ['registry_event', 'registry_add']],
  [201001, [4], ['registry_event', 'registry_delete']],
  [201001, [5], ['registry_event', 'registry_rename']],
  [201002, [1, 2, 3], ['registry_event', 'registry_set']],
  [201002, [4], ['registry_event', 'registry_delete']],
  [4001, [1, 6], ['network_connection']],
  [4003, [], ['dns_query']],
];

/** Classes that Sigma has a category for whatever logged them. */
const networkClasses = new Map([
  [4001, 'firewall'],
  [4002, 'proxy'],
  [4003, 'dns'],
]);

const passed: Pick<EventKind, 'class' | 'activity'> = { class: 'baseEvent', activity: [99, 'Other'] };

const aliases: NonNullable<SourceShape['aliases']> = {
  Image: ['process.file.path', 'actor.process.file.path'],
  CommandLine: ['process.cmd_line'],
  CurrentDirectory: ['process.working_directory'],
  ProcessId: ['process.pid', 'actor.process.pid'],
  ParentImage: ['process.parent_process.file.path', 'actor.process.file.path'],
  ParentCommandLine: ['process.parent_process.cmd_line', 'actor.process.cmd_line'],
  ParentProcessId: ['process.parent_process.pid', 'actor.process.pid'],
  User: ['actor.user.name', 'process.user.name'],
  IntegrityLevel: ['process.integrity'],
  SourceImage: ['actor.process.file.path'],
  TargetImage: ['process.file.path'],
  TargetFilename: ['file.path'],
  ImageLoaded: ['module.file.path', 'driver.file.path'],
  TargetObject: ['reg_value.path', 'reg_key.path'],
  Details: ['reg_value.data'],
  QueryName: ['query.hostname'],
  SourceIp: ['src_endpoint.ip'],
  SourcePort: ['src_endpoint.port'],
  DestinationIp: ['dst_endpoint.ip'],
  DestinationPort: ['dst_endpoint.port'],
  DestinationHostname: ['dst_endpoint.hostname', 'dst_endpoint.domain'],
  Protocol: ['connection_info.protocol_name'],
  query: ['query.hostname'],
  record_type: ['query.type'],
  answer: ['answers.rdata'],
  src_ip: ['src_endpoint.ip'],
  src_port: ['src_endpoint.port'],
  dst_ip: ['dst_endpoint.ip'],
  dst_port: ['dst_endpoint.port'],
  action: ['disposition', 'activity_name'],
  'c-ip': ['src_endpoint.ip'],
  'c-uri': ['http_request.url.url_string', 'http_request.url.path'],
  'cs-uri': ['http_request.url.url_string', 'http_request.url.path'],
  'c-uri-query': ['http_request.url.query_string'],
  'c-uri-extension': [
    { path: 'http_request.url.path', as: 'uriExtension' },
    { path: 'http_request.url.url_string', as: 'uriExtension' },
  ],
  'cs-uri-stem': ['http_request.url.path'],
  'cs-host': ['http_request.url.hostname', 'dst_endpoint.hostname'],
  'cs-method': ['http_request.http_method'],
  'cs-referer': ['http_request.referrer'],
  'c-useragent': ['http_request.user_agent'],
  'sc-status': ['http_response.code', 'status_code'],
  eventName: ['api.operation'],
  eventSource: ['api.service.name'],
  errorCode: ['api.response.error'],
  errorMessage: ['api.response.message'],
  sourceIPAddress: ['src_endpoint.ip', 'src_endpoint.domain'],
  userAgent: ['http_request.user_agent'],
  'userIdentity.type': ['actor.user.type'],
  'userIdentity.arn': ['actor.user.uid', 'actor.user.uid_alt'],
};

/**
 * Events that are OCSF already, as Amazon Security Lake, agents and pipelines write them: class, activity, severity and
 * attributes are taken as they are. Rules see them under the names that they know from the sources OCSF was made from.
 */
export const ocsf: SourceProfile = {
  id: 'ocsf',
  product: { name: 'OCSF' },
  shapes: [
    {
      id: 'event',
      when: [{ field: 'class_uid' }, { field: 'metadata.version' }],
      prefixes: [''],
      aliases,
    },
    {
      id: 'typed',
      when: [{ field: 'class_uid' }, { field: 'category_uid' }, { field: 'activity_id' }],
      prefixes: [''],
      aliases,
    },
  ],
  time: [
    { field: 'time', format: 'epoch' },
    { field: 'time_dt', format: 'iso' },
  ],
  attributes,
  kinds: [
    ...systems.flatMap(([product, names]) =>
      endpointClasses.map(([classUid, activities, categories]): EventKind => {
        const general = networkClasses.get(classUid);
        return {
          ...passed,
          when: [
            { field: 'class_uid', is: [classUid] },
            ...(activities.length === 0 ? [] : [{ field: 'activity_id', is: activities }]),
            { field: 'device.os.type', is: names },
          ],
          logSources: [
            ...categories.map((category) => ({ product, category })),
            ...(general === undefined ? [] : [{ category: general }]),
          ],
        };
      }),
    ),
    ...[...networkClasses].map(
      ([classUid, category]): EventKind => ({
        ...passed,
        when: [{ field: 'class_uid', is: [classUid] }],
        logSources: [{ category }],
      }),
    ),
    {
      ...passed,
      when: [
        { field: 'class_uid', is: [3001, 3002, 3003, 3004, 3005, 3006, 6003] },
        { field: 'metadata.product.name', is: ['CloudTrail', 'AWS CloudTrail'] },
      ],
      logSources: [{ product: 'aws', service: 'cloudtrail' }],
    },
    ...systems.map(
      ([product, names]): EventKind => ({
        ...passed,
        when: [{ field: 'device.os.type', is: names }],
        logSources: [{ product }],
      }),
    ),
    { ...passed, when: [], logSources: [{}] },
  ],
};

function classNames(
  id: (known: (typeof ocsfClasses)[OcsfClass]) => number,
  name: (known: (typeof ocsfClasses)[OcsfClass]) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.values(ocsfClasses).map((known) => [String(id(known)), name(known)]));
}
