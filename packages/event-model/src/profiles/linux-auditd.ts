import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';

const auditd = { product: 'linux', service: 'auditd' };
const processCreation = { product: 'linux', category: 'process_creation' };

const subject: AttributeMap = {
  'actor.process.file.path': 'exe',
  'actor.process.name': ['comm', { field: 'exe', as: 'baseName' }],
  'actor.process.pid': { field: 'pid', as: 'number' },
};

const launched: AttributeMap = {
  'process.file.path': ['Image', 'exe'],
  'process.name': ['comm', { field: 'exe', as: 'baseName' }, { field: 'a0', as: 'baseName' }],
  'process.cmd_line': { field: 'CommandLine', as: 'commandLine' },
  'process.pid': { field: 'pid', as: 'number' },
  'process.working_directory': 'CurrentDirectory',
  'actor.process.pid': { field: 'ppid', as: 'number' },
  'actor.process.file.path': 'ParentImage',
};

const logon: AttributeMap = {
  ...subject,
  // The record is written by the login program, whose own user says nothing.
  'actor.user.name': [],
  'user.name': { field: 'acct', as: 'account' },
  'src_endpoint.ip': [
    { field: 'addr', as: 'address' },
    { field: 'hostname', as: 'address' },
  ],
  status: { field: 'res', map: { success: 'Success', '1': 'Success', failed: 'Failure', '0': 'Failure' } },
};

const onFile: AttributeMap = { ...subject, 'file.path': 'name', 'file.type': 'nametype' };

/**
 * The kernel's audit log as JSON: one record an event (`type`, `msg=audit(...)`, the record's own fields), Auditbeat, and
 * Laurel, which puts all records of one event together. An event that says which program started with which command
 * line is `process_creation` too.
 */
export const linuxAuditd: SourceProfile = {
  id: 'linux-auditd',
  product: { name: 'auditd', vendor: 'Linux' },
  platform: 'linux',
  shapes: [
    {
      id: 'record',
      when: [{ field: 'type' }, { field: 'msg', prefix: ['audit('] }],
      prefixes: [''],
      aliases: {
        Image: ['exe'],
        CommandLine: ['cmdline', 'proctitle'],
        CurrentDirectory: ['cwd'],
        ParentImage: ['parent_exe'],
        User: ['UID', 'AUID', 'uid'],
        syscall: ['SYSCALL', 'syscall'],
      },
    },
    {
      id: 'auditbeat',
      when: [{ field: 'auditd.message_type' }],
      prefixes: ['auditd.data.', 'auditd.', ''],
      aliases: {
        type: ['auditd.message_type'],
        exe: ['process.executable', 'auditd.data.exe'],
        comm: ['process.name', 'auditd.data.comm'],
        pid: ['process.pid'],
        ppid: ['process.parent.pid', 'process.ppid'],
        key: ['tags', 'auditd.data.key'],
        name: ['auditd.paths.name', 'file.path'],
        nametype: ['auditd.paths.nametype'],
        acct: ['auditd.data.acct', 'user.name'],
        addr: ['source.ip', 'auditd.data.addr'],
        res: ['auditd.result'],
        node: ['host.name', 'host.hostname', 'agent.name'],
        Image: ['process.executable'],
        CommandLine: ['process.command_line', 'process.title', 'process.args'],
        CurrentDirectory: ['process.working_directory'],
        User: ['user.name'],
        msg: ['@timestamp'],
      },
    },
    {
      id: 'laurel',
      when: [{ field: 'ID' }, { field: 'SYSCALL.SYSCALL' }],
      prefixes: ['SYSCALL.', 'EXECVE.', 'PATH.', 'CWD.', 'SOCKADDR.', ''],
      aliases: {
        node: ['NODE'],
        msg: ['ID'],
        syscall: ['SYSCALL.SYSCALL', 'SYSCALL.syscall'],
        a0: ['EXECVE.a0', 'SYSCALL.a0'],
        a1: ['EXECVE.a1', 'SYSCALL.a1'],
        a2: ['EXECVE.a2', 'SYSCALL.a2'],
        a3: ['EXECVE.a3', 'SYSCALL.a3'],
        Image: ['SYSCALL.exe'],
        CommandLine: ['EXECVE.ARGV_STR', 'PROCTITLE.ARGV_STR', 'EXECVE.ARGV', 'PROCTITLE.ARGV'],
        ParentImage: ['PARENT_INFO.exe'],
        ParentCommandLine: ['PARENT_INFO.ARGV_STR'],
        CurrentDirectory: ['CWD.cwd'],
        User: ['SYSCALL.UID', 'SYSCALL.AUID'],
      },
    },
  ],
  time: [
    { field: 'msg', format: 'audit' },
    { field: '@timestamp', format: 'iso' },
    { field: 'timestamp', format: 'epoch' },
  ],
  attributes: {
    'device.hostname': [
      { field: 'node', as: 'host' },
      { field: 'host', as: 'host' },
    ],
    'device.os.type': { value: 'Linux' },
    'actor.user.name': [{ field: 'User', as: 'account' }, 'uid'],
    'actor.user.uid': 'uid',
    'metadata.event_code': 'type',
    'metadata.labels': 'key',
  },
  kinds: [
    {
      when: [{ field: 'CommandLine' }, { field: 'exe' }],
      logSources: [auditd, processCreation],
      class: 'processActivity',
      activity: [1, 'Launch'],
      attributes: launched,
    },
    kind(['EXECVE'], 'processActivity', [1, 'Launch'], {
      ...launched,
      'process.cmd_line': { joined: Array.from({ length: 32 }, (_, index) => `a${index}`) },
    }),
    {
      ...kind(['SYSCALL'], 'processActivity', [1, 'Launch'], launched),
      when: [
        { field: 'type', is: ['SYSCALL'] },
        { field: 'syscall', is: ['execve', 'execveat', 59, 322] },
      ],
    },
    kind(['PATH', 'CWD'], 'fileSystemActivity', [99, 'Other'], onFile),
    kind(
      ['USER_LOGIN', 'USER_AUTH', 'USER_START', 'CRED_ACQ', 'LOGIN'],
      'authentication',
      [1, 'Logon'],
      logon,
    ),
    kind(['USER_LOGOUT', 'USER_END', 'CRED_DISP'], 'authentication', [2, 'Logoff'], logon),
    kind(['ADD_USER'], 'accountChange', [1, 'Create'], logon),
    kind(['DEL_USER'], 'accountChange', [6, 'Delete'], logon),
    kind(['USER_CHAUTHTOK', 'USER_MGMT', 'ACCT_LOCK', 'ACCT_UNLOCK'], 'accountChange', [99, 'Other'], logon),
    kind(['ADD_GROUP', 'DEL_GROUP', 'GRP_MGMT'], 'groupManagement', [99, 'Other'], logon),
    kind(['KERN_MODULE'], 'kernelExtensionActivity', [1, 'Load'], { ...subject, 'driver.file.name': 'name' }),
    kind(['SOCKADDR'], 'networkActivity', [99, 'Other'], {
      ...subject,
      'dst_endpoint.ip': [
        { field: 'laddr', as: 'address' },
        { field: 'addr', as: 'address' },
      ],
      'dst_endpoint.port': [
        { field: 'lport', as: 'number' },
        { field: 'port', as: 'number' },
      ],
    }),
    {
      when: [],
      logSources: [auditd],
      class: 'baseEvent',
      activity: [99, 'Other'],
      attributes: { ...subject, 'file.path': 'name' },
    },
  ],
};

function kind(
  types: readonly string[],
  ocsfClass: EventKind['class'],
  activity: EventKind['activity'],
  attributes: AttributeMap,
): EventKind {
  return {
    when: [{ field: 'type', is: types }],
    logSources: [auditd],
    class: ocsfClass,
    activity,
    attributes,
  };
}
