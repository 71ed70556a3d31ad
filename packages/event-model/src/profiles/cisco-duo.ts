import type { AttributeMap, SourceProfile } from '../source-profile.ts';

const logSources = [{ product: 'cisco', service: 'duo' }];

const logon: AttributeMap = {
  'user.name': ['user.name', 'username'],
  'user.uid': 'user.key',
  'service.name': 'application.name',
  'src_endpoint.ip': [
    { field: 'access_device.ip', as: 'address' },
    { field: 'ip', as: 'address' },
  ],
  'device.hostname': { field: 'access_device.hostname', as: 'host' },
  // Who is let through without a factor has used none.
  is_mfa: { field: 'factor', map: { not_available: false, 'n/a': false }, otherwise: true },
  status: {
    field: 'result',
    map: { success: 'Success', failure: 'Failure', denied: 'Failure', fraud: 'Failure', error: 'Failure' },
  },
  status_detail: 'reason',
};

/** Cisco Duo: the authentication log (version 2 of its Admin API) and what administrators do. */
export const ciscoDuo: SourceProfile = {
  id: 'cisco-duo',
  product: { name: 'Duo', vendor: 'Cisco' },
  shapes: [
    {
      id: 'authentication',
      when: [{ field: 'auth_device' }, { field: 'factor' }, { field: 'result' }],
      prefixes: [''],
    },
    {
      id: 'administrator',
      when: [{ field: 'isotimestamp' }, { field: 'action' }, { field: 'username' }],
      prefixes: [''],
    },
  ],
  time: [
    { field: 'isotimestamp', format: 'iso' },
    { field: 'timestamp', format: 'epoch' },
  ],
  attributes: { 'metadata.uid': 'txid' },
  kinds: [
    {
      when: [{ field: 'factor' }],
      logSources,
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: { ...logon, 'metadata.event_code': 'event_type' },
    },
    {
      when: [],
      logSources,
      class: 'entityManagement',
      activity: [99, 'Other'],
      attributes: {
        'actor.user.name': 'username',
        'entity.name': 'object',
        'metadata.event_code': 'action',
        message: 'description',
      },
    },
  ],
};
