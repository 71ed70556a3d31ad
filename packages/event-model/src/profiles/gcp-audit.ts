import type { EventKind, SourceProfile, SourceShape } from '../source-profile.ts';
import { severityFrom } from './severity-attributes.ts';

const audit: EventKind['logSources'] = [{ product: 'gcp', service: 'gcp.audit' }];

/** What a method does, told by how Google names them: the last part of `v1.compute.instances.insert`. */
const verbs: readonly (readonly [EventKind['activity'], readonly string[]])[] = [
  [
    [2, 'Read'],
    ['get', 'list', 'aggregatedList', 'search', 'test', 'read', 'lookup'],
  ],
  [
    [4, 'Delete'],
    ['delete', 'remove', 'undelete', 'destroy'],
  ],
  [
    [1, 'Create'],
    ['create', 'insert', 'add', 'generate', 'import', 'upload', 'bulkInsert'],
  ],
  [
    [3, 'Update'],
    ['update', 'patch', 'set', 'modify', 'replace', 'enable', 'disable', 'start', 'stop', 'move'],
  ],
];

const data = [
  'authorizationInfo.permission',
  'authorizationInfo.granted',
  'serviceName',
  'resource.type',
  'logName',
  'methodName',
] as const;

/** Google Cloud's audit logs (LogEntry with an AuditLog payload), from sinks to Pub/Sub or storage; Workspace's among them. */
export const gcpAudit: SourceProfile = {
  id: 'gcp-audit',
  product: { name: 'Cloud Audit Logs', vendor: 'Google Cloud' },
  platform: 'gcp',
  shapes: [
    shape('log-entry', '', [{ field: 'protoPayload.methodName' }]),
    shape('log-entry-type', '', [
      { field: 'protoPayload.@type', is: ['type.googleapis.com/google.cloud.audit.AuditLog'] },
    ]),
    shape('log-entry-service', '', [{ field: 'protoPayload.serviceName' }]),
    shape('log-entry-identity', '', [{ field: 'protoPayload.authenticationInfo' }]),
    shape('wrapped', 'data.', [{ field: 'data.protoPayload.methodName' }]),
  ],
  time: [
    { field: 'timestamp', format: 'iso' },
    { field: 'receiveTimestamp', format: 'iso' },
  ],
  attributes: {
    ...severityFrom({
      severity: {
        DEFAULT: 1,
        DEBUG: 1,
        INFO: 1,
        NOTICE: 1,
        WARNING: 3,
        ERROR: 4,
        CRITICAL: 5,
        ALERT: 5,
        EMERGENCY: 6,
      },
    }),
    'cloud.provider': { value: 'GCP' },
    'cloud.project_uid': 'resource.labels.project_id',
    'cloud.region': ['resource.labels.location', 'resource.labels.zone', 'resource.labels.region'],
    'metadata.uid': 'insertId',
    'metadata.log_name': 'logName',
    'metadata.event_code': 'protoPayload.methodName',
    'actor.user.name': [
      'protoPayload.authenticationInfo.principalEmail',
      'protoPayload.authenticationInfo.principalSubject',
    ],
    'actor.user.email_addr': 'protoPayload.authenticationInfo.principalEmail',
    'src_endpoint.ip': { field: 'protoPayload.requestMetadata.callerIp', as: 'address' },
    'http_request.user_agent': 'protoPayload.requestMetadata.callerSuppliedUserAgent',
    'api.operation': 'protoPayload.methodName',
    'api.service.name': 'protoPayload.serviceName',
    'api.response.code': { field: 'protoPayload.status.code', as: 'number' },
    'api.response.message': 'protoPayload.status.message',
    status: [
      { field: 'protoPayload.status.code', map: { '0': 'Success' }, otherwise: 'Failure' },
      { value: 'Success' },
    ],
    status_detail: 'protoPayload.status.message',
  },
  kinds: [
    {
      when: [{ field: 'protoPayload.serviceName', is: ['login.googleapis.com'] }],
      logSources: [...audit, { product: 'gcp', service: 'google_workspace.login' }],
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        'user.name': 'protoPayload.authenticationInfo.principalEmail',
        'service.name': { value: 'Google Workspace' },
        'api.operation': [],
        'api.service.name': [],
        'api.response.code': [],
        'api.response.message': [],
      },
    },
    {
      when: [{ field: 'protoPayload.serviceName', is: ['admin.googleapis.com'] }],
      logSources: [...audit, { product: 'gcp', service: 'google_workspace.admin' }],
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: { 'resources.name': 'protoPayload.resourceName' },
    },
    ...verbs.map(
      ([activity, prefix]): EventKind => ({
        when: [{ field: 'method.verb', prefix }],
        logSources: audit,
        class: 'apiActivity',
        activity,
        attributes: {
          'resources.name': 'protoPayload.resourceName',
          'resources.type': 'resource.type',
        },
      }),
    ),
    {
      when: [],
      logSources: audit,
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: {
        'resources.name': 'protoPayload.resourceName',
        'resources.type': 'resource.type',
      },
    },
  ],
};

function shape(id: string, prefix: string, when: SourceShape['when']): SourceShape {
  const payload = `${prefix}protoPayload.`;
  return {
    id,
    when,
    prefixes: prefix === '' ? [''] : [prefix, ''],
    aliases: {
      'gcp.audit.method_name': [`${payload}methodName`],
      'method.verb': [{ path: `${payload}methodName`, as: 'lastDotted' }],
      ...Object.fromEntries(data.map((name) => [`data.protoPayload.${name}`, [`${payload}${name}`]])),
      'data.protoPayload.resource.type': [`${prefix}resource.type`],
      'data.protoPayload.logName': [`${prefix}logName`],
      eventService: [`${payload}serviceName`],
      eventName: [`${payload}metadata.event.eventName`],
    },
  };
}
