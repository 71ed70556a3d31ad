import type { AttributeMap, SourceProfile } from '../source-profile.ts';

const logSources = [{ product: 'onelogin', service: 'onelogin.events' }];

const actor: AttributeMap = {
  'actor.user.name': 'actor_user_name',
  'actor.user.uid': 'actor_user_id',
};

const onUser: AttributeMap = { ...actor, 'user.name': 'user_name', 'user.uid': 'user_id' };

/** OneLogin's events, as its API and webhooks give them. */
export const oneLogin: SourceProfile = {
  id: 'onelogin',
  product: { name: 'OneLogin', vendor: 'One Identity' },
  shapes: [
    {
      id: 'event',
      when: [{ field: 'event_type_id' }, { field: 'user_id' }],
      prefixes: [''],
    },
  ],
  time: [
    { field: 'event_timestamp', format: 'iso' },
    { field: 'created_at', format: 'iso' },
  ],
  attributes: {
    'metadata.event_code': 'event_type_id',
    'metadata.uid': ['uuid', 'id'],
    'src_endpoint.ip': [
      { field: 'ipaddr', as: 'address' },
      { field: 'ip', as: 'address' },
    ],
  },
  kinds: [
    {
      // Into OneLogin, and into an app.
      when: [{ field: 'event_type_id', is: [5, 8] }],
      logSources,
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        ...onUser,
        'service.name': ['app_name', { value: 'OneLogin' }],
        status: { value: 'Success' },
        status_id: { value: 1 },
      },
    },
    {
      when: [{ field: 'event_type_id', is: [6, 9] }],
      logSources,
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        ...onUser,
        'service.name': ['app_name', { value: 'OneLogin' }],
        status: { value: 'Failure' },
        status_id: { value: 2 },
      },
    },
    {
      when: [{ field: 'event_type_id', is: [7] }],
      logSources,
      class: 'authentication',
      activity: [2, 'Logoff'],
      attributes: { ...onUser, 'service.name': { value: 'OneLogin' } },
    },
    {
      when: [{ field: 'event_type_id', is: [532, 551, 553] }],
      logSources,
      class: 'accountChange',
      activity: [9, 'Lock'],
      attributes: onUser,
    },
    { when: [], logSources, class: 'accountChange', activity: [99, 'Other'], attributes: onUser },
  ],
};
