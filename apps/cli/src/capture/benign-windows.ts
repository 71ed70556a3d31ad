import { type Machine, office, windowsServers, workstations } from './office.ts';
import type { Random } from './random.ts';
import { domainAccount, processStart, securityEvent, sysmonEvent } from './windows-events.ts';

type Fields = Readonly<Record<string, unknown>>;
type Maker = (random: Random, time: number) => Fields;

const system = 'NT AUTHORITY\\SYSTEM';
const system32 = 'C:\\Windows\\System32\\';
const explorer = 'C:\\Windows\\explorer.exe';
const chrome = 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe';
const office16 = 'C:\\Program Files\\Microsoft Office\\root\\Office16\\';

/** `[image, command line, parent]` of programs that people start. */
const programs: readonly (readonly [string, string, string])[] = [
  [chrome, `"${chrome}"`, explorer],
  [chrome, `"${chrome}" --type=renderer --lang=en-US --device-scale-factor=1`, chrome],
  [`${office16}WINWORD.EXE`, `"${office16}WINWORD.EXE" /n "C:\\Shares\\Reports\\quarter.docx"`, explorer],
  [`${office16}EXCEL.EXE`, `"${office16}EXCEL.EXE" /dde`, explorer],
  [`${office16}OUTLOOK.EXE`, `"${office16}OUTLOOK.EXE"`, explorer],
  [`${system32}notepad.exe`, 'notepad.exe notes.txt', explorer],
  [`${system32}splwow64.exe`, 'C:\\Windows\\splwow64.exe 12288', `${office16}WINWORD.EXE`],
  [`${system32}cmd.exe`, 'cmd.exe /c dir', explorer],
  [`${system32}net.exe`, 'net use H: \\\\FILES01\\home', `${system32}cmd.exe`],
];

/** The same for what runs by itself. */
const services: readonly (readonly [string, string, string])[] = [
  [`${system32}svchost.exe`, `${system32}svchost.exe -k netsvcs -p -s wlidsvc`, `${system32}services.exe`],
  [
    `${system32}svchost.exe`,
    `${system32}svchost.exe -k LocalServiceNetworkRestricted`,
    `${system32}services.exe`,
  ],
  [`${system32}taskhostw.exe`, 'taskhostw.exe Install', `${system32}svchost.exe`],
  [
    `${system32}wbem\\WmiPrvSE.exe`,
    `${system32}wbem\\wmiprvse.exe -secured -Embedding`,
    `${system32}svchost.exe`,
  ],
  [`${system32}gpupdate.exe`, 'gpupdate.exe /target:computer', `${system32}svchost.exe`],
  [
    `${system32}WindowsPowerShell\\v1.0\\powershell.exe`,
    'powershell.exe -NoProfile -ExecutionPolicy AllSigned -File C:\\Scripts\\inventory.ps1',
    `${system32}svchost.exe`,
  ],
  [`${system32}schtasks.exe`, 'schtasks.exe /query /fo csv', `${system32}svchost.exe`],
  [`${system32}vssadmin.exe`, 'vssadmin.exe list shadows', `${system32}svchost.exe`],
];

const startProcess: Maker = (random, time) => {
  const own = random.next() < 0.6;
  const workstation = random.pick(workstations);
  const machine: Machine = own || random.next() < 0.5 ? workstation : random.pick(windowsServers);
  const [image, commandLine, parent] = random.pick(own ? programs : services);
  return processStart(machine, time, {
    image,
    commandLine,
    parent,
    user: own ? domainAccount(workstation.user) : system,
    processId: random.int(1000, 12_000),
    parentId: random.int(500, 9000),
  });
};

/** Program, address and port of a connection. */
type Target = readonly [string, string, number];

const connect: Maker = (random, time) => {
  const onServer = random.next() < 0.1;
  const workstation = random.pick(workstations);
  const machine: Machine = onServer ? random.pick(windowsServers) : workstation;
  const toDirectory: Target = [`${system32}svchost.exe`, random.pick(office.domainControllers).address, 389];
  const [image, address, port] = onServer
    ? toDirectory
    : random.weighted<Target>([
        [5, [chrome, random.pick(office.sites)[1], 443]],
        [2, [`${office16}OUTLOOK.EXE`, random.pick(office.sites)[1], 443]],
        [2, toDirectory],
        [1, ['System', office.fileServer.address, 445]],
      ]);
  return sysmonEvent(machine, time, 3, {
    ProcessId: String(random.int(1000, 12_000)),
    Image: image,
    User: image === chrome || image.startsWith(office16) ? domainAccount(workstation.user) : system,
    Protocol: 'tcp',
    Initiated: 'true',
    SourceIsIpv6: 'false',
    SourceIp: machine.address,
    SourceHostname: machine.name,
    SourcePort: String(random.int(49_152, 65_535)),
    DestinationIsIpv6: 'false',
    DestinationIp: address,
    DestinationHostname: '-',
    DestinationPort: String(port),
  });
};

const lookUp: Maker = (random, time) => {
  const machine = random.pick(workstations);
  const [name, address] = random.pick(office.sites);
  return sysmonEvent(machine, time, 22, {
    ProcessId: String(random.int(1000, 12_000)),
    QueryName: name,
    QueryStatus: '0',
    QueryResults: `::ffff:${address};`,
    Image: random.pick([chrome, `${system32}svchost.exe`, `${office16}OUTLOOK.EXE`]),
    User: domainAccount(machine.user),
  });
};

const writeFile: Maker = (random, time) => {
  const machine = random.pick(workstations);
  const home = `C:\\Users\\${machine.user}\\`;
  const [image, file] = random.pick([
    [chrome, `${home}Downloads\\report-${random.int(1, 900)}.pdf`],
    [`${office16}WINWORD.EXE`, `${home}Documents\\~$draft-${random.int(1, 90)}.docx`],
    [`${system32}svchost.exe`, 'C:\\Windows\\ServiceState\\EventLog\\Data\\lastalive1.dat'],
  ] as const);
  return sysmonEvent(machine, time, 11, {
    ProcessId: String(random.int(1000, 12_000)),
    Image: image,
    TargetFilename: file,
    CreationUtcTime: new Date(time).toISOString().replace('T', ' ').replace('Z', ''),
    User: domainAccount(machine.user),
  });
};

const setRegistry: Maker = (random, time) => {
  const machine = random.pick(workstations);
  const [key, value] = random.pick([
    ['HKLM\\SOFTWARE\\Microsoft\\GuestAgent\\HeartbeatLastStatusUpdateTime', new Date(time).toISOString()],
    [
      'HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\SequenceNumber',
      'DWORD (0x0000002a)',
    ],
    [
      'HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\MRUListEx',
      'Binary Data',
    ],
  ] as const);
  return sysmonEvent(machine, time, 13, {
    EventType: 'SetValue',
    ProcessId: String(random.int(1000, 12_000)),
    Image: `${system32}svchost.exe`,
    TargetObject: key,
    Details: value,
    User: system,
  });
};

const openProcess: Maker = (random, time) =>
  sysmonEvent(random.pick([...workstations, ...windowsServers]), time, 10, {
    SourceProcessId: String(random.int(500, 2000)),
    SourceImage: `${system32}svchost.exe`,
    TargetProcessId: String(random.int(500, 2000)),
    TargetImage: random.pick([`${system32}lsass.exe`, `${system32}svchost.exe`, chrome]),
    GrantedAccess: '0x1000',
    CallTrace: 'C:\\Windows\\SYSTEM32\\ntdll.dll+9fdb4|C:\\Windows\\System32\\KERNELBASE.dll+2c13e',
    SourceUser: system,
    TargetUser: system,
  });

const logOn: Maker = (random, time) => {
  const workstation = random.pick(workstations);
  const failed = random.next() < 0.03;
  return securityEvent(random.pick(windowsServers), time, failed ? 4625 : 4624, {
    SubjectUserName: '-',
    SubjectDomainName: '-',
    SubjectLogonId: '0x0',
    TargetUserName: workstation.user,
    TargetDomainName: office.domain,
    TargetLogonId: `0x${random.hex(7)}`,
    LogonType: '3',
    LogonProcessName: 'Kerberos',
    AuthenticationPackageName: 'Kerberos',
    WorkstationName: '-',
    IpAddress: workstation.address,
    IpPort: String(random.int(49_152, 65_535)),
    ...(failed && { Status: '0xc000006d', SubStatus: '0xc000006a' }),
  });
};

const serviceTicket: Maker = (random, time) => {
  const workstation = random.pick(workstations);
  return securityEvent(random.pick(office.domainControllers), time, 4769, {
    TargetUserName: `${workstation.user}@CORP.EXAMPLE`,
    TargetDomainName: 'CORP.EXAMPLE',
    ServiceName: random.pick(['FILES01$', 'DC01$', 'svc-sql', 'PRINT01$']),
    TicketOptions: '0x40810000',
    TicketEncryptionType: '0x12',
    IpAddress: `::ffff:${workstation.address}`,
    IpPort: String(random.int(49_152, 65_535)),
    Status: '0x0',
  });
};

const readShare: Maker = (random, time) => {
  const workstation = random.pick(workstations);
  return securityEvent(office.fileServer, time, 5145, {
    SubjectUserName: workstation.user,
    SubjectDomainName: office.domain,
    ObjectType: 'File',
    IpAddress: workstation.address,
    IpPort: String(random.int(49_152, 65_535)),
    ShareName: '\\\\*\\Reports',
    ShareLocalPath: '\\??\\D:\\Shares\\Reports',
    RelativeTargetName: `2026\\quarter-${random.int(1, 4)}.xlsx`,
    AccessMask: '0x120089',
  });
};

/** What Windows machines log on a normal day: `[weight, maker]`. */
export const benignWindows: readonly (readonly [number, Maker])[] = [
  [14, startProcess],
  [10, connect],
  [7, lookUp],
  [6, writeFile],
  [5, setRegistry],
  [4, openProcess],
  [8, logOn],
  [3, serviceTicket],
  [3, readShare],
];
