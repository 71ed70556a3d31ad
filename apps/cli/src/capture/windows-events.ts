import { type Machine, office } from './office.ts';

type Fields = Readonly<Record<string, unknown>>;

const providers = {
  sysmon: {
    SourceName: 'Microsoft-Windows-Sysmon',
    ProviderGuid: '{5770385f-c22a-43e0-bf4c-06f5698ffbd9}',
    Channel: 'Microsoft-Windows-Sysmon/Operational',
  },
  security: {
    SourceName: 'Microsoft-Windows-Security-Auditing',
    ProviderGuid: '{54849625-5478-4994-a5ba-3e3b0328c30d}',
    Channel: 'Security',
  },
} as const;

/** A Sysmon event in the flat form that NXLog and the Windows event forwarders write. */
export function sysmonEvent(machine: Machine, time: number, eventId: number, fields: Fields): Fields {
  const iso = new Date(time).toISOString();
  return {
    ...providers.sysmon,
    EventID: eventId,
    Hostname: machine.name,
    TimeCreated: iso,
    '@timestamp': iso,
    Level: '4',
    Task: String(eventId),
    RuleName: '-',
    UtcTime: iso.replace('T', ' ').replace('Z', ''),
    ...fields,
  };
}

/** An event of the Security channel in the same flat form. */
export function securityEvent(machine: Machine, time: number, eventId: number, fields: Fields): Fields {
  const iso = new Date(time).toISOString();
  return {
    ...providers.security,
    EventID: eventId,
    Hostname: machine.name,
    TimeCreated: iso,
    '@timestamp': iso,
    Level: '0',
    Keywords: '0x8020000000000000',
    ...fields,
  };
}

export interface ProcessStart {
  readonly image: string;
  readonly commandLine: string;
  readonly parent: string;
  /** Account with its domain, e.g. `CORP\a.meyer`. */
  readonly user: string;
  readonly processId: number;
  readonly parentId: number;
}

/** Sysmon EventID 1. */
export function processStart(machine: Machine, time: number, start: ProcessStart): Fields {
  return sysmonEvent(machine, time, 1, {
    ProcessId: String(start.processId),
    Image: start.image,
    OriginalFileName: start.image.slice(start.image.lastIndexOf('\\') + 1),
    CommandLine: start.commandLine,
    CurrentDirectory: 'C:\\Windows\\System32\\',
    User: start.user,
    IntegrityLevel: start.user.startsWith('NT AUTHORITY') ? 'System' : 'Medium',
    ParentProcessId: String(start.parentId),
    ParentImage: start.parent,
    ParentCommandLine: start.parent,
    ParentUser: start.user,
  });
}

export const domainAccount = (user: string): string => `${office.domain}\\${user}`;
