import type { AttributeMap, EventKind } from '../source-profile.ts';

const subject: AttributeMap = {
  'actor.process.name': 'program',
  'actor.process.pid': { field: 'pid', as: 'number' },
};

const session: AttributeMap = {
  ...subject,
  'user.name': { field: 'session.user', as: 'account' },
  'actor.user.name': { field: 'session.by', as: 'account' },
  'src_endpoint.ip': { field: 'session.address', as: 'address' },
  'src_endpoint.hostname': { field: 'session.address', as: 'host' },
  'src_endpoint.port': { field: 'session.port', as: 'number' },
  'service.name': 'program',
};

const success: AttributeMap = { ...session, status: { value: 'Success' }, status_id: { value: 1 } };
const failure: AttributeMap = { ...session, status: { value: 'Failure' }, status_id: { value: 2 } };

const elevated: AttributeMap = {
  ...subject,
  'actor.user.name': { field: 'sudo.user', as: 'account' },
  'process.cmd_line': 'COMMAND',
  'process.working_directory': 'PWD',
  'process.user.name': { field: 'USER', as: 'account' },
  'process.session.terminal': 'TTY',
  status_detail: 'sudo.refusal',
};

const job: AttributeMap = {
  ...subject,
  'actor.user.name': { field: 'cron.user', as: 'account' },
  'job.cmd_line': 'cron.command',
};

const account: AttributeMap = {
  ...subject,
  'user.name': { field: 'session.user', as: 'account' },
};

const service = (...names: readonly string[]): EventKind['logSources'] =>
  names.map((name) => ({ product: 'linux', service: name }));

const sshd = service('sshd', 'auth');
const auth = service('auth');
const sshdPrograms = ['sshd', 'sshd-session', 'sshd-auth'];

/** What the program and the first words of its message say happened. */
export const syslogKinds: readonly EventKind[] = [
  sshdKind(['Accepted'], [1, 'Logon'], success),
  sshdKind(['Failed', 'Invalid'], [1, 'Logon'], failure),
  {
    when: [
      { field: 'program', is: sshdPrograms },
      { field: 'pam.action', is: ['session opened'] },
    ],
    logSources: sshd,
    class: 'authentication',
    activity: [1, 'Logon'],
    attributes: success,
  },
  {
    when: [
      { field: 'program', is: sshdPrograms },
      { field: 'pam.action', is: ['session closed'] },
    ],
    logSources: sshd,
    class: 'authentication',
    activity: [2, 'Logoff'],
    attributes: success,
  },
  {
    when: [
      { field: 'program', is: sshdPrograms },
      { field: 'pam.action', is: ['authentication failure'] },
    ],
    logSources: sshd,
    class: 'authentication',
    activity: [1, 'Logon'],
    attributes: failure,
  },
  {
    when: [{ field: 'program', is: sshdPrograms }],
    logSources: sshd,
    class: 'sshActivity',
    activity: [99, 'Other'],
    attributes: {
      ...subject,
      'actor.user.name': { field: 'session.user', as: 'account' },
      'src_endpoint.ip': { field: 'session.address', as: 'address' },
      'src_endpoint.port': { field: 'session.port', as: 'number' },
    },
  },
  {
    when: [{ field: 'program', is: ['sudo'] }, { field: 'COMMAND' }],
    logSources: service('sudo', 'auth'),
    class: 'processActivity',
    activity: [1, 'Launch'],
    attributes: elevated,
  },
  // PAM tells the same of every program that logs people in.
  pamKind('sudo', 'session opened', [1, 'Logon'], success, service('sudo', 'auth')),
  pamKind('sudo', 'session closed', [2, 'Logoff'], success, service('sudo', 'auth')),
  pamKind('sudo', 'authentication failure', [1, 'Logon'], failure, service('sudo', 'auth')),
  {
    when: [{ field: 'program', is: ['sudo'] }],
    logSources: service('sudo', 'auth'),
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: subject,
  },
  {
    when: [
      { field: 'program', is: ['su'] },
      { field: 'first.word', is: ['FAILED'] },
    ],
    logSources: auth,
    class: 'authentication',
    activity: [1, 'Logon'],
    attributes: failure,
  },
  {
    when: [
      { field: 'program', is: ['su'] },
      { field: 'first.word', is: ['Successful', '(to'] },
    ],
    logSources: auth,
    class: 'authentication',
    activity: [1, 'Logon'],
    attributes: success,
  },
  ...['cron', 'crond', 'anacron', 'crontab', 'atd'].flatMap((program): readonly EventKind[] => [
    {
      when: [{ field: 'program', is: [program] }, { field: 'cron.command' }],
      logSources: service('cron', 'syslog'),
      class: 'scheduledJobActivity',
      activity: [6, 'Start'],
      attributes: job,
    },
    {
      when: [{ field: 'program', is: [program] }],
      logSources: service('cron', 'syslog'),
      class: 'scheduledJobActivity',
      activity: [99, 'Other'],
      attributes: job,
    },
  ]),
  accountKind(['useradd', 'adduser'], [1, 'Create']),
  accountKind(['userdel', 'deluser'], [6, 'Delete']),
  accountKind(['usermod', 'chage', 'chfn', 'chsh'], [99, 'Other']),
  accountKind(['passwd', 'chpasswd'], [3, 'Password Change']),
  {
    when: [{ field: 'program', is: ['groupadd', 'groupdel', 'groupmod', 'gpasswd'] }],
    logSources: auth,
    class: 'groupManagement',
    activity: [99, 'Other'],
    attributes: subject,
  },
  ...(['session opened', 'session closed', 'authentication failure'] as const).map((action) =>
    pamKind(
      undefined,
      action,
      action === 'session closed' ? [2, 'Logoff'] : [1, 'Logon'],
      action === 'authentication failure' ? failure : success,
      auth,
    ),
  ),
  {
    when: [{ field: 'program', is: ['clamd', 'clamav', 'clamscan', 'clamdscan', 'freshclam', 'clamonacc'] }],
    logSources: service('clamav', 'syslog'),
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: subject,
  },
  {
    when: [{ field: 'program', is: ['vsftpd'] }],
    logSources: service('vsftpd', 'syslog'),
    class: 'ftpActivity',
    activity: [99, 'Other'],
    attributes: subject,
  },
  {
    when: [{ field: 'program', is: ['guacd', 'guacamole'] }],
    logSources: service('guacamole', 'syslog'),
    class: 'rdpActivity',
    activity: [99, 'Other'],
    attributes: subject,
  },
  {
    when: [
      {
        field: 'program',
        is: ['su', 'login', 'polkitd', 'pkexec', 'systemd-logind', 'gdm-password', 'doas'],
      },
    ],
    logSources: auth,
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: subject,
  },
  {
    // The facilities `auth` and `authpriv`, by number and by name.
    when: [{ field: 'facility', is: [4, 10, 'auth', 'authpriv', 'security', 'security/authorization'] }],
    logSources: auth,
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: subject,
  },
  {
    when: [],
    logSources: service('syslog'),
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: subject,
  },
];

function sshdKind(
  words: readonly string[],
  activity: EventKind['activity'],
  attributes: AttributeMap,
): EventKind {
  return {
    when: [
      { field: 'program', is: sshdPrograms },
      { field: 'first.word', is: words },
    ],
    logSources: sshd,
    class: 'authentication',
    activity,
    attributes,
  };
}

function pamKind(
  program: string | undefined,
  action: string,
  activity: EventKind['activity'],
  attributes: AttributeMap,
  logSources: EventKind['logSources'],
): EventKind {
  return {
    when: [
      ...(program === undefined ? [] : [{ field: 'program', is: [program] }]),
      { field: 'pam.action', is: [action] },
    ],
    logSources,
    class: 'authentication',
    activity,
    attributes,
  };
}

function accountKind(programs: readonly string[], activity: EventKind['activity']): EventKind {
  return {
    when: [{ field: 'program', is: programs }],
    logSources: auth,
    class: 'accountChange',
    activity,
    attributes: account,
  };
}
