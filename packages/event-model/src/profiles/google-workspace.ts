import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';

const actor: AttributeMap = {
  'actor.user.name': ['actor.email', 'actor.key'],
  'actor.user.email_addr': 'actor.email',
  'actor.user.uid': 'actor.profileId',
};

const logon: AttributeMap = {
  ...actor,
  'user.name': 'actor.email',
  'user.uid': 'actor.profileId',
  'service.name': { value: 'Google Workspace' },
};

const login = [{ product: 'gcp', service: 'google_workspace.login' }];

/** Activities of Google Workspace as its Reports API lists them (one activity an event, or one of its events each). */
export const googleWorkspace: SourceProfile = {
  id: 'google-workspace',
  product: { name: 'Google Workspace', vendor: 'Google' },
  shapes: [
    {
      id: 'activity',
      when: [
        { field: 'id.applicationName' },
        { field: 'id.uniqueQualifier' },
        { field: 'name', present: false },
      ],
      prefixes: ['', 'events.'],
      aliases: { eventName: ['events.name'] },
    },
    {
      id: 'single-event',
      when: [{ field: 'id.applicationName' }, { field: 'name' }],
      prefixes: [''],
      aliases: { eventName: ['name'] },
    },
  ],
  time: [
    { field: 'id.time', format: 'iso' },
    { field: 'time', format: 'iso' },
  ],
  attributes: {
    'metadata.uid': 'id.uniqueQualifier',
    'metadata.log_name': 'id.applicationName',
    'metadata.event_code': 'eventName',
    'src_endpoint.ip': { field: 'ipAddress', as: 'address' },
  },
  kinds: [
    loginKind(['login_success'], [1, 'Logon'], { status: { value: 'Success' }, status_id: { value: 1 } }),
    loginKind(['login_failure'], [1, 'Logon'], { status: { value: 'Failure' }, status_id: { value: 2 } }),
    loginKind(['logout'], [2, 'Logoff'], {}),
    {
      when: [{ field: 'id.applicationName', is: ['login'] }],
      logSources: login,
      class: 'authentication',
      activity: [99, 'Other'],
      attributes: logon,
    },
    {
      when: [{ field: 'id.applicationName', is: ['admin'] }],
      logSources: [{ product: 'gcp', service: 'google_workspace.admin' }],
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: { ...actor, 'api.operation': 'eventName', 'api.service.name': 'id.applicationName' },
    },
    {
      when: [],
      logSources: [{ product: 'gcp', service: 'google_workspace' }],
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: { ...actor, 'api.operation': 'eventName', 'api.service.name': 'id.applicationName' },
    },
  ],
};

function loginKind(
  names: readonly string[],
  activity: EventKind['activity'],
  outcome: AttributeMap,
): EventKind {
  return {
    when: [
      { field: 'id.applicationName', is: ['login'] },
      { field: 'eventName', is: names },
    ],
    logSources: login,
    class: 'authentication',
    activity,
    attributes: { ...logon, ...outcome },
  };
}
