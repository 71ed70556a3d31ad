import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';
import { windowsChannels } from './windows-channels.ts';
import { windowsAttributes, windowsShapes, windowsTime } from './windows-shapes.ts';

const user: AttributeMap = {
  'actor.user.name': [
    { field: 'SubjectUserName', as: 'account' },
    { field: 'AccountName', as: 'account' },
    { field: 'User', as: 'account' },
  ],
  'actor.user.domain': ['SubjectDomainName', 'Domain', { field: 'User', as: 'domain' }],
};

const system: EventKind['logSources'] = [{ product: 'windows', service: 'system' }];

/** What is said of an event in more detail than its channel says. */
const detailed: readonly EventKind[] = [
  {
    when: [
      { field: 'Channel', is: ['System'] },
      { field: 'EventID', is: [7045] },
    ],
    logSources: system,
    class: 'windowsServiceActivity',
    activity: [1, 'Create'],
    attributes: { ...user, 'win_service.name': 'ServiceName', 'win_service.cmd_line': 'ImagePath' },
  },
  {
    when: [
      { field: 'Channel', is: ['System'] },
      { field: 'EventID', is: [104] },
    ],
    logSources: system,
    class: 'eventLogActivity',
    activity: [1, 'Clear'],
    attributes: user,
  },
];

/** One kind per channel; a channel of several services (old and new names of one) has all of them. */
function channelKinds(): readonly EventKind[] {
  const services = new Map<string, string[]>();
  for (const [service, channels] of Object.entries(windowsChannels)) {
    for (const channel of channels) services.set(channel, [...(services.get(channel) ?? []), service]);
  }
  return [...services].map(([channel, names]) => ({
    when: [{ field: 'Channel', is: [channel] }],
    logSources: names.map((service) => ({ product: 'windows', service })),
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: user,
  }));
}

/** Every other Windows event log; the channel says which service of Sigma it is. */
export const windows: SourceProfile = {
  id: 'windows',
  product: { name: 'Windows', vendor: 'Microsoft' },
  platform: 'windows',
  shapes: windowsShapes(),
  time: windowsTime,
  attributes: windowsAttributes,
  kinds: [
    ...detailed,
    ...channelKinds(),
    {
      when: [],
      logSources: [{ product: 'windows' }],
      class: 'baseEvent',
      activity: [99, 'Other'],
      attributes: user,
    },
  ],
};
