import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';

const service = (...names: readonly string[]): EventKind['logSources'] =>
  names.map((name) => ({ product: 'm365', service: name }));

const actor: AttributeMap = {
  'actor.user.name': 'UserId',
  'actor.user.uid': 'UserKey',
};

const call: AttributeMap = {
  ...actor,
  'api.operation': 'Operation',
  'api.service.name': 'Workload',
  'resources.name': 'ObjectId',
};

const logon: AttributeMap = {
  ...actor,
  'user.name': 'UserId',
  'user.uid': 'UserKey',
  'service.name': 'Workload',
};

/** The unified audit log of Microsoft 365, as the Management Activity API and Elastic's module give it. */
export const m365: SourceProfile = {
  id: 'm365',
  product: { name: 'Microsoft 365', vendor: 'Microsoft' },
  shapes: [
    {
      id: 'activity',
      when: [{ field: 'Workload' }, { field: 'Operation' }],
      prefixes: [''],
      aliases: names(''),
    },
    {
      id: 'record',
      when: [{ field: 'RecordType' }, { field: 'Operation' }, { field: 'CreationTime' }],
      prefixes: [''],
      aliases: names(''),
    },
    {
      id: 'elastic',
      when: [{ field: 'o365.audit.Operation' }],
      prefixes: ['o365.audit.', ''],
      aliases: names('o365.audit.'),
    },
  ],
  time: [
    { field: 'CreationTime', format: 'iso' },
    { field: '@timestamp', format: 'iso' },
  ],
  attributes: {
    'metadata.uid': 'Id',
    'metadata.log_name': 'Workload',
    'metadata.event_code': 'Operation',
    'cloud.provider': { value: 'Azure' },
    'cloud.account.uid': 'OrganizationId',
    'src_endpoint.ip': [
      { field: 'ClientIP', as: 'address' },
      { field: 'ClientIPAddress', as: 'address' },
      { field: 'ActorIpAddress', as: 'address' },
    ],
    'http_request.user_agent': 'UserAgent',
    status: {
      field: 'ResultStatus',
      map: {
        success: 'Success',
        succeeded: 'Success',
        true: 'Success',
        failed: 'Failure',
        failure: 'Failure',
        false: 'Failure',
      },
    },
  },
  kinds: [
    {
      when: [{ field: 'Operation', is: ['UserLoggedIn'] }],
      logSources: service('audit'),
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: { ...logon, status: { value: 'Success' }, status_id: { value: 1 } },
    },
    {
      when: [{ field: 'Operation', is: ['UserLoginFailed'] }],
      logSources: service('audit'),
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        ...logon,
        status: { value: 'Failure' },
        status_id: { value: 2 },
        status_detail: 'LogonError',
      },
    },
    {
      when: [{ field: 'Workload', is: ['SecurityComplianceCenter', 'CloudAppSecurity'] }],
      logSources: service('audit', 'threat_management', 'threat_detection'),
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: call,
    },
    {
      when: [{ field: 'Workload', is: ['Exchange'] }],
      logSources: service('audit', 'exchange'),
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: call,
    },
    {
      when: [],
      logSources: service('audit'),
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: call,
    },
  ],
};

/** The names that rules for alerts of the compliance centre use. */
function names(prefix: string): Readonly<Record<string, readonly string[]>> {
  return {
    eventSource: [`${prefix}Workload`],
    eventName: [`${prefix}Name`, `${prefix}Operation`],
    status: [`${prefix}ResultStatus`, `${prefix}Status`],
    Payload: [`${prefix}Data`],
  };
}
