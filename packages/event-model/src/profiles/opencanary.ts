import type { EventKind, SourceProfile } from '../source-profile.ts';

const logSources = [{ product: 'opencanary', category: 'application' }];

/** OpenCanary's honeypot services. Whoever speaks to one is worth a look, so that what it logs is of high severity. */
export const openCanary: SourceProfile = {
  id: 'opencanary',
  product: { name: 'OpenCanary', vendor: 'Thinkst' },
  shapes: [
    {
      id: 'event',
      when: [{ field: 'node_id' }, { field: 'logtype' }],
      prefixes: [''],
    },
  ],
  time: [
    { field: 'utc_time', format: 'iso' },
    { field: 'local_time', format: 'iso' },
  ],
  attributes: {
    'metadata.event_code': 'logtype',
    'device.hostname': { field: 'node_id', as: 'host' },
    'src_endpoint.ip': { field: 'src_host', as: 'address' },
    'src_endpoint.port': { field: 'src_port', as: 'number' },
    'dst_endpoint.ip': { field: 'dst_host', as: 'address' },
    'dst_endpoint.port': { field: 'dst_port', as: 'number' },
  },
  kinds: [
    // The service's own start and messages.
    {
      when: [{ field: 'logtype', prefix: ['100'] }],
      logSources,
      class: 'baseEvent',
      activity: [99, 'Other'],
    },
    login([2000, 3001, 4002, 6001, 8001, 9001, 9002, 12001, 12002, 14001, 16001]),
    {
      when: [{ field: 'logtype', is: [5000] }],
      logSources,
      class: 'fileSystemActivity',
      activity: [14, 'Open'],
      severity: 4,
      attributes: { 'file.path': 'logdata.FILENAME', 'actor.user.name': 'logdata.USER' },
    },
    {
      when: [],
      logSources,
      class: 'networkActivity',
      activity: [1, 'Open'],
      severity: 4,
    },
  ],
};

function login(logTypes: readonly number[]): EventKind {
  return {
    when: [{ field: 'logtype', is: logTypes }],
    logSources,
    class: 'authentication',
    activity: [1, 'Logon'],
    severity: 4,
    attributes: {
      'user.name': ['logdata.USERNAME', 'logdata.USER'],
      status: { value: 'Failure' },
      status_id: { value: 2 },
    },
  };
}
