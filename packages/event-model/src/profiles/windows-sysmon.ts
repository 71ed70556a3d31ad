import type { OcsfClass } from '../ocsf-class.ts';
import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';
import { windowsChannels } from './windows-channels.ts';
import { windowsAttributes, windowsShapes, windowsTime } from './windows-shapes.ts';

const actor: AttributeMap = {
  'actor.process.file.path': 'Image',
  'actor.process.name': { field: 'Image', as: 'baseName' },
  'actor.process.pid': { field: 'ProcessId', as: 'number' },
  'actor.process.uid': 'ProcessGuid',
  'actor.user.name': { field: 'User', as: 'account' },
  'actor.user.domain': { field: 'User', as: 'domain' },
};

const launched: AttributeMap = {
  'process.file.path': 'Image',
  'process.name': { field: 'Image', as: 'baseName' },
  'process.cmd_line': 'CommandLine',
  'process.pid': { field: 'ProcessId', as: 'number' },
  'process.uid': 'ProcessGuid',
  'process.working_directory': 'CurrentDirectory',
  'process.integrity': 'IntegrityLevel',
  'process.file.company_name': 'Company',
  'process.file.internal_name': 'OriginalFileName',
  ...hashes('process.file'),
  'actor.process.file.path': 'ParentImage',
  'actor.process.name': { field: 'ParentImage', as: 'baseName' },
  'actor.process.cmd_line': 'ParentCommandLine',
  'actor.process.pid': { field: 'ParentProcessId', as: 'number' },
  'actor.process.uid': 'ParentProcessGuid',
  'actor.user.name': { field: 'User', as: 'account' },
  'actor.user.domain': { field: 'User', as: 'domain' },
};

const connected: AttributeMap = {
  ...actor,
  'src_endpoint.ip': { field: 'SourceIp', as: 'address' },
  'src_endpoint.port': { field: 'SourcePort', as: 'number' },
  'src_endpoint.hostname': { field: 'SourceHostname', as: 'host' },
  'dst_endpoint.ip': { field: 'DestinationIp', as: 'address' },
  'dst_endpoint.port': { field: 'DestinationPort', as: 'number' },
  'dst_endpoint.hostname': { field: 'DestinationHostname', as: 'host' },
  'connection_info.protocol_name': { field: 'Protocol', as: 'lower' },
};

/** One process doing something to another one. */
const onProcess: AttributeMap = {
  'actor.process.file.path': 'SourceImage',
  'actor.process.name': { field: 'SourceImage', as: 'baseName' },
  'actor.process.pid': { field: 'SourceProcessId', as: 'number' },
  'actor.process.uid': ['SourceProcessGUID', 'SourceProcessGuid'],
  'actor.user.name': { field: 'SourceUser', as: 'account' },
  'actor.user.domain': { field: 'SourceUser', as: 'domain' },
  'process.file.path': 'TargetImage',
  'process.name': { field: 'TargetImage', as: 'baseName' },
  'process.pid': { field: 'TargetProcessId', as: 'number' },
  'process.uid': ['TargetProcessGUID', 'TargetProcessGuid'],
};

const onFile: AttributeMap = {
  ...actor,
  'file.path': 'TargetFilename',
  'file.name': { field: 'TargetFilename', as: 'baseName' },
  ...hashes('file'),
};

const onRegistry: AttributeMap = { ...actor, 'reg_key.path': 'TargetObject' };
const onPipe: AttributeMap = { ...actor, 'file.path': 'PipeName', 'file.type': { value: 'Named Pipe' } };

/** By EventID: the Sigma categories, the OCSF class and activity, and the attributes. */
const kinds: readonly EventKind[] = [
  kind(1, ['process_creation'], 'processActivity', [1, 'Launch'], launched),
  kind(2, ['file_change'], 'fileSystemActivity', [6, 'Set Attributes'], onFile),
  {
    ...kind(3, ['network_connection'], 'networkActivity', [1, 'Open'], connected),
    when: [
      { field: 'EventID', is: [3] },
      { field: 'Initiated', is: [true] },
    ],
    // The machine that logs opened the connection, so that the source address is its own.
    attributes: { ...connected, 'device.ip': { field: 'SourceIp', as: 'address' } },
  },
  kind(3, ['network_connection'], 'networkActivity', [1, 'Open'], connected),
  kind(4, ['sysmon_status'], 'eventLogActivity', [99, 'Other']),
  kind(5, ['process_termination'], 'processActivity', [2, 'Terminate'], {
    ...actor,
    'process.file.path': 'Image',
    'process.name': { field: 'Image', as: 'baseName' },
    'process.pid': { field: 'ProcessId', as: 'number' },
    'process.uid': 'ProcessGuid',
  }),
  kind(6, ['driver_load'], 'kernelExtensionActivity', [1, 'Load'], {
    'driver.file.path': 'ImageLoaded',
    'driver.file.name': { field: 'ImageLoaded', as: 'baseName' },
    ...hashes('driver.file'),
  }),
  kind(7, ['image_load'], 'moduleActivity', [1, 'Load'], {
    ...actor,
    'module.file.path': 'ImageLoaded',
    'module.file.name': { field: 'ImageLoaded', as: 'baseName' },
    ...hashes('module.file'),
  }),
  kind(8, ['create_remote_thread'], 'processActivity', [4, 'Inject'], onProcess),
  kind(9, ['raw_access_thread'], 'fileSystemActivity', [2, 'Read'], { ...actor, 'file.path': 'Device' }),
  kind(10, ['process_access'], 'processActivity', [3, 'Open'], {
    ...onProcess,
    actual_permissions: { field: 'GrantedAccess', as: 'number' },
  }),
  kind(11, ['file_event'], 'fileSystemActivity', [1, 'Create'], onFile),
  // Sysmon's event 12 holds both; a rule tells them apart by EventType.
  kind(
    12,
    ['registry_event', 'registry_add', 'registry_delete'],
    'registryKeyActivity',
    [99, 'Other'],
    onRegistry,
  ),
  kind(13, ['registry_event', 'registry_set'], 'registryValueActivity', [2, 'Set'], {
    ...onRegistry,
    'reg_value.path': 'TargetObject',
    'reg_value.name': { field: 'TargetObject', as: 'baseName' },
    'reg_value.data': 'Details',
  }),
  kind(14, ['registry_event', 'registry_rename'], 'registryKeyActivity', [5, 'Rename'], onRegistry),
  kind(15, ['create_stream_hash'], 'fileSystemActivity', [1, 'Create'], onFile),
  kind(16, ['sysmon_status'], 'eventLogActivity', [99, 'Other']),
  kind(17, ['pipe_created'], 'fileSystemActivity', [1, 'Create'], onPipe),
  kind(18, ['pipe_created'], 'fileSystemActivity', [14, 'Open'], onPipe),
  ...[19, 20, 21].map((id) =>
    kind(id, ['wmi_event'], 'baseEvent', [99, 'Other'], {
      'actor.user.name': { field: 'User', as: 'account' },
      'actor.user.domain': { field: 'User', as: 'domain' },
    }),
  ),
  kind(22, ['dns_query'], 'dnsActivity', [1, 'Query'], {
    ...actor,
    'query.hostname': { field: 'QueryName', as: 'host' },
    rcode_id: { field: 'QueryStatus', as: 'number' },
  }),
  kind(23, ['file_delete'], 'fileSystemActivity', [4, 'Delete'], onFile),
  kind(24, ['clipboard_capture'], 'baseEvent', [99, 'Other'], actor),
  kind(25, ['process_tampering'], 'processActivity', [4, 'Inject'], actor),
  kind(26, ['file_delete_detected'], 'fileSystemActivity', [4, 'Delete'], onFile),
  kind(27, ['file_block_executable'], 'fileSystemActivity', [1, 'Create'], onFile),
  kind(28, ['file_block_shredding'], 'fileSystemActivity', [4, 'Delete'], onFile),
  kind(29, ['file_executable_detected'], 'fileSystemActivity', [1, 'Create'], onFile),
  kind(255, ['sysmon_error'], 'eventLogActivity', [99, 'Other']),
  {
    when: [],
    logSources: [{ product: 'windows', service: 'sysmon' }],
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: actor,
  },
];

/** Microsoft Sysmon: its event log, in every shape in which Windows events arrive. */
export const windowsSysmon: SourceProfile = {
  id: 'windows-sysmon',
  product: { name: 'Sysmon', vendor: 'Microsoft' },
  platform: 'windows',
  shapes: windowsShapes(windowsChannels.sysmon),
  time: windowsTime,
  attributes: windowsAttributes,
  kinds,
};

function kind(
  eventId: number,
  categories: readonly string[],
  ocsfClass: OcsfClass,
  activity: EventKind['activity'],
  attributes: AttributeMap = {},
): EventKind {
  return {
    when: [{ field: 'EventID', is: [eventId] }],
    logSources: categories.map((category) => ({ product: 'windows', category, service: 'sysmon' })),
    class: ocsfClass,
    activity,
    attributes,
  };
}

function hashes(path: string): AttributeMap {
  return {
    [`${path}.hashes.sha256`]: { field: 'Hashes', as: 'sha256' },
    [`${path}.hashes.md5`]: { field: 'Hashes', as: 'md5' },
  };
}
