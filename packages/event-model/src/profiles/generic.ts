import type { SourceProfile } from '../source-profile.ts';

/**
 * Whatever is JSON and of no known source: accepted, searchable and kept as it came. Its log source names nothing, so
 * that only rules without a log source look at it. The time and the entities are guessed from names that many sources
 * and the OCSF and ECS schemas use.
 */
export const generic: SourceProfile = {
  id: 'generic',
  product: { name: 'Unknown' },
  shapes: [{ id: 'any', when: [], prefixes: [''] }],
  time: [
    { field: '@timestamp', format: 'iso' },
    { field: 'timestamp', format: 'epoch' },
    { field: 'time', format: 'epoch' },
    { field: 'eventTime', format: 'epoch' },
    { field: 'event_time', format: 'epoch' },
    { field: 'ts', format: 'epoch' },
    { field: 'datetime', format: 'epoch' },
    { field: 'date', format: 'epoch' },
    { field: 'created', format: 'epoch' },
    { field: 'published', format: 'epoch' },
  ],
  attributes: {
    'device.hostname': [
      { field: 'device.hostname', as: 'host' },
      { field: 'host.name', as: 'host' },
      { field: 'host.hostname', as: 'host' },
      { field: 'hostname', as: 'host' },
      { field: 'host', as: 'host' },
      { field: 'computer', as: 'host' },
    ],
    'actor.user.name': [
      { field: 'actor.user.name', as: 'account' },
      { field: 'user.name', as: 'account' },
      { field: 'username', as: 'account' },
      { field: 'user', as: 'account' },
    ],
    'src_endpoint.ip': [
      { field: 'src_endpoint.ip', as: 'address' },
      { field: 'source.ip', as: 'address' },
      { field: 'src_ip', as: 'address' },
      { field: 'client_ip', as: 'address' },
    ],
    'dst_endpoint.ip': [
      { field: 'dst_endpoint.ip', as: 'address' },
      { field: 'destination.ip', as: 'address' },
      { field: 'dest_ip', as: 'address' },
      { field: 'dst_ip', as: 'address' },
    ],
    'process.cmd_line': ['process.cmd_line', 'process.command_line'],
    'process.file.path': ['process.file.path', 'process.executable'],
    message: 'message',
  },
  kinds: [{ when: [], logSources: [{}], class: 'baseEvent', activity: [99, 'Other'] }],
};
