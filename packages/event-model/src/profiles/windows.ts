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

const defender = windowsChannels.windefend[0];

const malware: AttributeMap = {
  'actor.user.name': { field: 'Detection User', as: 'account' },
  'actor.process.file.path': 'Process Name',
  'finding_info.title': 'ThreatName',
  'finding_info.uid': 'Detection ID',
  'finding_info.types': 'Category Name',
  'evidences.file.path': 'Path',
  severity_id: [{ field: 'Severity Name', map: { low: 2, moderate: 3, high: 4, severe: 5 } }, { value: 4 }],
  severity: [
    { field: 'Severity Name', map: { low: 'Low', moderate: 'Medium', high: 'High', severe: 'Critical' } },
    { value: 'High' },
  ],
};

const task: AttributeMap = {
  'actor.user.name': { field: 'UserName', as: 'account' },
  'job.name': ['TaskName', 'Path'],
};

const transfer: AttributeMap = {
  ...user,
  'http_request.url.url_string': ['RemoteName', 'url'],
  'file.path': 'LocalName',
  'actor.process.file.path': 'processPath',
};

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
  detail(defender, [1006, 1015, 1116], ['windefend'], {
    class: 'detectionFinding',
    activity: [1, 'Create'],
    attributes: malware,
    category: 'antivirus',
  }),
  detail(defender, [1007, 1008, 1117, 1118, 1119], ['windefend'], {
    class: 'detectionFinding',
    activity: [2, 'Update'],
    attributes: malware,
    category: 'antivirus',
  }),
  detail(windowsChannels.taskscheduler[0], [106], ['taskscheduler'], {
    class: 'scheduledJobActivity',
    activity: [1, 'Create'],
    attributes: task,
  }),
  detail(windowsChannels.taskscheduler[0], [140], ['taskscheduler'], {
    class: 'scheduledJobActivity',
    activity: [2, 'Update'],
    attributes: task,
  }),
  detail(windowsChannels.taskscheduler[0], [141], ['taskscheduler'], {
    class: 'scheduledJobActivity',
    activity: [3, 'Delete'],
    attributes: task,
  }),
  detail(windowsChannels.taskscheduler[0], [129, 200], ['taskscheduler'], {
    class: 'scheduledJobActivity',
    activity: [6, 'Start'],
    attributes: task,
  }),
  detail(
    windowsChannels['terminalservices-localsessionmanager'][0],
    [21, 25],
    ['terminalservices-localsessionmanager'],
    {
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        'user.name': { field: 'User', as: 'account' },
        'user.domain': { field: 'User', as: 'domain' },
        'src_endpoint.ip': { field: 'Address', as: 'address' },
      },
    },
  ),
  detail(windowsChannels['bits-client'][0], [3, 59, 60, 61, 16403], ['bits-client'], {
    class: 'httpActivity',
    activity: [99, 'Other'],
    attributes: transfer,
  }),
  detail(windowsChannels['dns-client'][0], [3006, 3008, 3020], ['dns-client'], {
    class: 'dnsActivity',
    activity: [1, 'Query'],
    attributes: {
      'query.hostname': { field: 'QueryName', as: 'host' },
      'query.type': 'QueryType',
      'answers.rdata': 'QueryResults',
      rcode_id: { field: 'QueryStatus', as: 'number' },
    },
  }),
  detail(windowsChannels['firewall-as'][0], [2004, 2005, 2006, 2071, 2073, 2097, 2099], ['firewall-as'], {
    class: 'entityManagement',
    activity: [99, 'Other'],
    attributes: {
      ...user,
      'actor.process.file.path': 'ModifyingApplication',
      'entity.name': 'RuleName',
      'entity.uid': 'RuleId',
      'entity.type': { value: 'Firewall Rule' },
    },
  }),
];

function detail(
  channel: string,
  eventIds: readonly number[],
  services: readonly string[],
  {
    category,
    ...kind
  }: Pick<EventKind, 'class' | 'activity' | 'attributes'> & { readonly category?: string },
): EventKind {
  return {
    ...kind,
    when: [
      { field: 'Channel', is: [channel] },
      { field: 'EventID', is: eventIds },
    ],
    logSources: [
      ...services.map((service) => ({ product: 'windows', service })),
      ...(category === undefined ? [] : [{ category }]),
    ],
  };
}

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
  shapes: windowsShapes(undefined, {
    // Defender's fields have blanks; rules name them without, and those of the category `antivirus` in their own way.
    ThreatName: ['Threat Name', 'ThreatName'],
    Signature: ['Threat Name', 'ThreatName'],
    Filename: ['Path'],
    NewValue: ['New Value', 'NewValue'],
    OldValue: ['Old Value', 'OldValue'],
    ProcessName: ['Process Name', 'ProcessName'],
    SourceName: ['Source Name', 'SourceName'],
    Feature_Name: ['Feature Name'],
  }),
  time: windowsTime,
  attributes: windowsAttributes,
  kinds: [
    ...detailed,
    ...channelKinds(),
    // Zero Networks' RPC Firewall writes to an event log of its own; rules know it as a product of its own.
    {
      when: [{ field: 'Channel', is: ['RPCFW'] }],
      logSources: [{ product: 'rpc_firewall', category: 'application' }, { product: 'windows' }],
      class: 'networkActivity',
      activity: [99, 'Other'],
      attributes: {
        ...user,
        'dce_rpc.opnum': { field: 'OpNum', as: 'number' },
        'src_endpoint.ip': { field: 'ClientNetworkAddress', as: 'address' },
      },
    },
    {
      when: [],
      logSources: [{ product: 'windows' }],
      class: 'baseEvent',
      activity: [99, 'Other'],
      attributes: user,
    },
  ],
};
