import type { AliasPart } from '../alias-part.ts';
import type { AliasPath, SourceProfile, SourceShape } from '../source-profile.ts';
import { syslogKinds } from './linux-syslog-kinds.ts';
import { severityFrom, syslogSeverities } from './severity-attributes.ts';

/** RFC 5424 PRI: the facility times 8 plus the severity. */
const prioritySeverities = Object.fromEntries(
  Array.from({ length: 192 }, (_, pri) => [String(pri), syslogSeverities[String(pri % 8)] ?? 1]),
);

/** Where a shape keeps a message and what stands in its header. */
interface Layout {
  readonly message: readonly AliasPath[];
  readonly program: readonly AliasPath[];
  readonly pid?: readonly AliasPath[];
  readonly host?: readonly AliasPath[];
  readonly facility?: readonly AliasPath[];
  readonly severity?: readonly AliasPath[];
  readonly pri?: readonly AliasPath[];
  readonly time?: readonly AliasPath[];
}

/** The parts of a message that kinds and attributes ask for, and the names that rules know them by. */
const messageParts: Readonly<Record<string, AliasPart>> = {
  'first.word': 'firstWord',
  'session.user': 'sessionUser',
  'session.by': 'sessionBy',
  'session.address': 'sessionAddress',
  'session.port': 'sessionPort',
  'pam.action': 'pamAction',
  'sudo.user': 'sudoUser',
  'sudo.refusal': 'sudoRefusal',
  TTY: 'sudoTty',
  PWD: 'sudoDirectory',
  USER: 'sudoTarget',
  COMMAND: 'sudoCommand',
  'cron.user': 'cronUser',
  'cron.command': 'cronCommand',
};

const logFiles = [
  '/var/log/auth.log',
  '/var/log/secure',
  '/var/log/syslog',
  '/var/log/messages',
  '/var/log/cron',
  '/var/log/cron.log',
  '/var/log/daemon.log',
  '/var/log/user.log',
];

const line = (path: string): Layout => ({
  message: [{ path, as: 'syslogMessage' }],
  program: [{ path, as: 'syslogProgram' }],
  pid: [{ path, as: 'syslogPid' }],
  host: [{ path, as: 'syslogHost' }, 'host.name', 'host', 'hostname'],
  time: [{ path, as: 'syslogTime' }, '@timestamp', 'timestamp'],
});

const elasticJournal: Layout = {
  message: ['message'],
  program: ['syslog.identifier', 'process.name', 'journald.process.name'],
  pid: ['process.pid', 'syslog.pid', 'journald.pid'],
  host: ['host.hostname', 'host.name', 'journald.host.hostname'],
  facility: ['syslog.facility', 'log.syslog.facility.code'],
  severity: ['syslog.priority', 'log.syslog.priority'],
  time: ['@timestamp'],
};

/**
 * Syslog and the systemd journal of Linux machines: journald's own JSON (also through Fluent Bit, Vector and Elastic), what
 * rsyslog, syslog-ng, Fluent Bit and Vector make of syslog messages, and whole lines of /var/log files. The program decides
 * which services of Sigma a message belongs to; who and where from are taken out of the message.
 */
export const linuxSyslog: SourceProfile = {
  id: 'linux-syslog',
  product: { name: 'Syslog', vendor: 'Linux' },
  platform: 'linux',
  shapes: [
    shape('journald', ['MESSAGE', '__REALTIME_TIMESTAMP'], {
      message: ['MESSAGE'],
      program: ['SYSLOG_IDENTIFIER', '_COMM'],
      pid: ['_PID', 'SYSLOG_PID'],
      host: ['_HOSTNAME'],
      facility: ['SYSLOG_FACILITY'],
      severity: ['PRIORITY'],
      time: ['__REALTIME_TIMESTAMP', '_SOURCE_REALTIME_TIMESTAMP'],
    }),
    shape('journald-shipped', ['MESSAGE', 'SYSLOG_IDENTIFIER'], {
      message: ['MESSAGE'],
      program: ['SYSLOG_IDENTIFIER', '_COMM'],
      pid: ['_PID', 'SYSLOG_PID'],
      host: ['_HOSTNAME'],
      facility: ['SYSLOG_FACILITY'],
      severity: ['PRIORITY'],
      time: ['_SOURCE_REALTIME_TIMESTAMP', '@timestamp', 'timestamp', 'date'],
    }),
    shape('journald-vector', ['message', 'SYSLOG_IDENTIFIER'], {
      message: ['message'],
      program: ['SYSLOG_IDENTIFIER', '_COMM'],
      pid: ['_PID', 'SYSLOG_PID'],
      host: ['host', '_HOSTNAME'],
      facility: ['SYSLOG_FACILITY'],
      severity: ['PRIORITY'],
      time: ['timestamp', '__REALTIME_TIMESTAMP'],
    }),
    shape('rsyslog', ['programname', 'msg'], {
      message: ['msg'],
      program: ['programname', 'app-name'],
      pid: ['procid'],
      host: ['hostname', 'fromhost', 'host'],
      facility: ['syslogfacility-text', 'syslogfacility', 'facility'],
      severity: ['syslogseverity-text', 'syslogseverity', 'severity'],
      time: ['timereported', 'timegenerated', '@timestamp', 'timestamp'],
    }),
    shape('rsyslog-template', ['programname', 'message'], {
      message: ['message'],
      program: ['programname'],
      pid: ['procid'],
      host: ['host', 'hostname', 'sysloghost', 'fromhost'],
      facility: ['facility', 'syslogfacility-text'],
      severity: ['severity', 'syslogseverity-text'],
      time: ['@timestamp', 'timestamp', 'timereported'],
    }),
    shape('syslog-ng', ['PROGRAM', 'MESSAGE'], {
      message: ['MESSAGE'],
      program: ['PROGRAM'],
      pid: ['PID'],
      host: ['HOST', 'HOST_FROM'],
      facility: ['FACILITY'],
      severity: ['PRIORITY', 'LEVEL'],
      time: ['ISODATE', 'DATE'],
    }),
    shape('fluent-bit', ['ident', 'message'], {
      message: ['message'],
      program: ['ident'],
      pid: ['pid'],
      host: ['host'],
      pri: ['pri'],
      time: ['@timestamp', 'time', 'date'],
    }),
    shape('vector', ['appname', 'message', 'facility'], {
      message: ['message'],
      program: ['appname'],
      pid: ['procid'],
      host: ['hostname', 'host'],
      facility: ['facility'],
      severity: ['severity'],
      time: ['timestamp'],
    }),
    {
      ...shape('elastic-system', [], {
        message: ['message'],
        program: ['process.name', 'log.syslog.appname'],
        pid: ['process.pid', 'log.syslog.procid'],
        host: ['host.hostname', 'host.name'],
        facility: ['log.syslog.facility.code', 'log.syslog.facility.name'],
        severity: ['log.syslog.severity.code', 'log.syslog.severity.name'],
        time: ['@timestamp'],
      }),
      when: [{ field: 'event.dataset', is: ['system.auth', 'system.syslog'] }, { field: 'process.name' }],
    },
    shape('elastic-syslog', ['log.syslog.appname', 'message'], {
      message: ['message'],
      program: ['log.syslog.appname', 'process.name'],
      pid: ['log.syslog.procid', 'process.pid'],
      host: ['log.syslog.hostname', 'host.hostname', 'host.name'],
      facility: ['log.syslog.facility.code', 'log.syslog.facility.name'],
      severity: ['log.syslog.severity.code', 'log.syslog.severity.name'],
      time: ['@timestamp'],
    }),
    shape('elastic-journald', ['journald.custom', 'message'], elasticJournal),
    shape('elastic-journal', ['syslog.identifier', 'message'], elasticJournal),
    {
      ...shape('filebeat-line', [], line('message')),
      when: [{ field: 'log.file.path', is: logFiles }, { field: 'message' }],
    },
    {
      ...shape('vector-line', [], line('message')),
      when: [{ field: 'file', is: logFiles }, { field: 'message' }],
    },
  ],
  time: [{ field: 'timestamp', format: 'epoch' }],
  attributes: {
    ...severityFrom({ severity: syslogSeverities, pri: prioritySeverities }),
    'device.hostname': { field: 'host', as: 'host' },
    'device.os.type': { value: 'Linux' },
    'metadata.log_name': 'program',
    message: 'message',
  },
  kinds: syslogKinds,
};

function shape(id: string, fields: readonly string[], layout: Layout): SourceShape {
  const texts = layout.message;
  const parts = Object.entries(messageParts).map(([name, as]): [string, readonly AliasPath[]] => [
    name,
    texts.map((text) =>
      typeof text === 'string' ? { path: text, as } : { ...text, as: [text.as, as].flat() },
    ),
  ]);
  return {
    id,
    when: fields.map((field) => ({ field })),
    prefixes: [''],
    aliases: {
      ...Object.fromEntries(parts),
      message: texts,
      program: layout.program,
      pid: layout.pid ?? [],
      host: layout.host ?? [],
      facility: layout.facility ?? [],
      severity: layout.severity ?? [],
      pri: layout.pri ?? [],
      timestamp: layout.time ?? [],
    },
  };
}
