import type { OcsfClass } from '../ocsf-class.ts';
import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';
import { windowsChannels } from './windows-channels.ts';
import { windowsAttributes, windowsShapes, windowsTime } from './windows-shapes.ts';

const subject: AttributeMap = {
  'actor.user.name': { field: 'SubjectUserName', as: 'account' },
  'actor.user.domain': 'SubjectDomainName',
  'actor.user.uid': 'SubjectUserSid',
  'actor.process.file.path': 'ProcessName',
  'actor.process.name': { field: 'ProcessName', as: 'baseName' },
  'actor.process.pid': { field: 'ProcessId', as: 'number' },
};

const success = { status: { value: 'Success' }, status_id: { value: 1 } } as const;
const failure = { status: { value: 'Failure' }, status_id: { value: 2 } } as const;

/** Who logged on, and from where. */
const logon: AttributeMap = {
  'user.name': { field: 'TargetUserName', as: 'account' },
  'user.domain': 'TargetDomainName',
  'user.uid': ['TargetUserSid', 'TargetSid'],
  'src_endpoint.ip': { field: 'IpAddress', as: 'address' },
  'src_endpoint.port': { field: 'IpPort', as: 'number' },
  'src_endpoint.hostname': { field: 'WorkstationName', as: 'host' },
  logon_type_id: { field: 'LogonType', as: 'number' },
  auth_protocol: 'AuthenticationPackageName',
  'actor.process.file.path': 'ProcessName',
  'actor.process.name': { field: 'ProcessName', as: 'baseName' },
};

const kerberos: AttributeMap = {
  'user.name': { field: 'TargetUserName', as: 'account' },
  'user.domain': 'TargetDomainName',
  'service.name': 'ServiceName',
  'src_endpoint.ip': { field: 'IpAddress', as: 'address' },
  'src_endpoint.port': { field: 'IpPort', as: 'number' },
  'src_endpoint.hostname': { field: 'Workstation', as: 'host' },
  status: { field: 'Status', map: { '0x0': 'Success', '0': 'Success' }, otherwise: 'Failure' },
  status_code: 'Status',
};

const onAccount: AttributeMap = {
  ...subject,
  'user.name': { field: 'TargetUserName', as: 'account' },
  'user.domain': 'TargetDomainName',
  'user.uid': 'TargetSid',
};

const onGroup: AttributeMap = {
  ...subject,
  'group.name': 'TargetUserName',
  'group.domain': 'TargetDomainName',
  'group.uid': 'TargetSid',
  'user.name': 'MemberName',
  'user.uid': 'MemberSid',
};

const onFilteredConnection: AttributeMap = {
  'actor.process.file.path': 'Application',
  'actor.process.name': { field: 'Application', as: 'baseName' },
  'actor.process.pid': { field: 'ProcessID', as: 'number' },
  'src_endpoint.ip': { field: 'SourceAddress', as: 'address' },
  'src_endpoint.port': { field: 'SourcePort', as: 'number' },
  'dst_endpoint.ip': { field: 'DestAddress', as: 'address' },
  'dst_endpoint.port': { field: 'DestPort', as: 'number' },
  'connection_info.protocol_num': { field: 'Protocol', as: 'number' },
};

const onShare: AttributeMap = {
  ...subject,
  'src_endpoint.ip': { field: 'IpAddress', as: 'address' },
  'src_endpoint.port': { field: 'IpPort', as: 'number' },
  share: 'ShareName',
  'file.path': 'RelativeTargetName',
};

const onObject: AttributeMap = { ...subject, 'file.path': 'ObjectName', 'file.type': 'ObjectType' };

const kinds: readonly EventKind[] = [
  kind([4624], 'authentication', [1, 'Logon'], { ...logon, ...success }),
  kind([4625], 'authentication', [1, 'Logon'], {
    ...logon,
    ...failure,
    status_code: 'Status',
    status_detail: 'FailureReason',
  }),
  kind([4634, 4647], 'authentication', [2, 'Logoff'], { ...logon, ...success }),
  kind([4648], 'authentication', [1, 'Logon'], {
    ...subject,
    'user.name': { field: 'TargetUserName', as: 'account' },
    'user.domain': 'TargetDomainName',
    'dst_endpoint.hostname': { field: 'TargetServerName', as: 'host' },
  }),
  kind([4768], 'authentication', [3, 'Authentication Ticket'], kerberos),
  kind([4769, 4770], 'authentication', [4, 'Service Ticket Request'], kerberos),
  kind([4771], 'authentication', [6, 'Preauth'], { ...kerberos, ...failure }),
  kind([4776], 'authentication', [1, 'Logon'], kerberos),
  kind([4672, 4964], 'authorizeSession', [1, 'Assign Privileges'], subject),
  {
    // Windows' own audit of a new process: rules for process creation know it under Sysmon's names (see the aliases).
    when: [{ field: 'EventID', is: [4688] }],
    logSources: [
      { product: 'windows', service: 'security' },
      { product: 'windows', category: 'process_creation' },
    ],
    class: 'processActivity',
    activity: [1, 'Launch'],
    attributes: {
      'process.file.path': 'NewProcessName',
      'process.name': { field: 'NewProcessName', as: 'baseName' },
      'process.cmd_line': 'CommandLine',
      'process.pid': { field: 'NewProcessId', as: 'number' },
      'actor.process.file.path': 'ParentProcessName',
      'actor.process.name': { field: 'ParentProcessName', as: 'baseName' },
      'actor.process.pid': { field: 'ProcessId', as: 'number' },
      'actor.user.name': [
        { field: 'TargetUserName', as: 'account' },
        { field: 'SubjectUserName', as: 'account' },
      ],
      'actor.user.domain': ['TargetDomainName', 'SubjectDomainName'],
    },
  },
  kind([4689], 'processActivity', [2, 'Terminate'], {
    ...subject,
    'process.file.path': 'ProcessName',
    'process.name': { field: 'ProcessName', as: 'baseName' },
  }),
  kind([4657], 'registryValueActivity', [2, 'Set'], {
    ...subject,
    'reg_key.path': 'ObjectName',
    'reg_value.name': 'ObjectValueName',
    'reg_value.data': 'NewValue',
  }),
  kind([4656, 4658, 4660, 4661, 4663, 4690], 'fileSystemActivity', [14, 'Open'], onObject),
  kind([4670], 'fileSystemActivity', [7, 'Set Security'], onObject),
  kind([4720], 'accountChange', [1, 'Create'], onAccount),
  kind([4722], 'accountChange', [2, 'Enable'], onAccount),
  kind([4723], 'accountChange', [3, 'Password Change'], onAccount),
  kind([4724], 'accountChange', [4, 'Password Reset'], onAccount),
  kind([4725], 'accountChange', [5, 'Disable'], onAccount),
  kind([4726], 'accountChange', [6, 'Delete'], onAccount),
  kind([4740], 'accountChange', [9, 'Lock'], onAccount),
  kind([4738, 4741, 4742, 4743, 4767, 4781], 'accountChange', [99, 'Other'], onAccount),
  kind([4728, 4732, 4756], 'groupManagement', [3, 'Add User'], onGroup),
  kind([4729, 4733, 4757], 'groupManagement', [4, 'Remove User'], onGroup),
  kind([4727, 4731, 4754], 'groupManagement', [6, 'Create'], onGroup),
  kind([4698], 'scheduledJobActivity', [1, 'Create'], { ...subject, 'job.name': 'TaskName' }),
  kind([4702], 'scheduledJobActivity', [2, 'Update'], { ...subject, 'job.name': 'TaskName' }),
  kind([4699], 'scheduledJobActivity', [3, 'Delete'], { ...subject, 'job.name': 'TaskName' }),
  kind([4697], 'windowsServiceActivity', [1, 'Create'], {
    ...subject,
    'win_service.name': 'ServiceName',
    'win_service.cmd_line': 'ServiceFileName',
  }),
  kind([5140, 5142, 5143, 5144, 5145], 'smbActivity', [99, 'Other'], onShare),
  kind([5156], 'networkActivity', [1, 'Open'], {
    ...onFilteredConnection,
    disposition: { value: 'Allowed' },
  }),
  kind([5157, 5152], 'networkActivity', [5, 'Refuse'], {
    ...onFilteredConnection,
    disposition: { value: 'Blocked' },
  }),
  kind([5154, 5158], 'networkActivity', [7, 'Listen'], onFilteredConnection),
  kind([1102], 'eventLogActivity', [1, 'Clear'], subject),
  kind([1100], 'eventLogActivity', [6, 'Stop'], subject),
  { ...kind([], 'baseEvent', [99, 'Other'], subject), when: [] },
];

/** The Windows Security event log. */
export const windowsSecurity: SourceProfile = {
  id: 'windows-security',
  product: { name: 'Windows Security', vendor: 'Microsoft' },
  platform: 'windows',
  shapes: windowsShapes(windowsChannels.security, {
    Image: ['NewProcessName'],
    ParentImage: ['ParentProcessName'],
  }),
  time: windowsTime,
  attributes: windowsAttributes,
  kinds,
};

function kind(
  eventIds: readonly number[],
  ocsfClass: OcsfClass,
  activity: EventKind['activity'],
  attributes: AttributeMap,
): EventKind {
  return {
    when: [{ field: 'EventID', is: eventIds }],
    logSources: [{ product: 'windows', service: 'security' }],
    class: ocsfClass,
    activity,
    attributes,
  };
}
