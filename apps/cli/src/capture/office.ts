/** The network of the bundled capture: who and what is in it. Addresses outside are from the documentation ranges. */
export interface Machine {
  /** Host name as the machine's own log writes it. */
  readonly name: string;
  readonly address: string;
}

export interface Workstation extends Machine {
  /** Windows account of the person who works at it, without domain. */
  readonly user: string;
}

const people = [
  'a.meyer',
  'b.larsen',
  'c.duarte',
  'd.novak',
  'e.rossi',
  'f.okafor',
  'g.lind',
  'h.tanaka',
  'i.petrov',
  'j.ortiz',
  'k.brandt',
  'l.moreau',
  'm.silva',
  'n.haas',
] as const;

const windows = (name: string, address: string): Machine => ({ name: `${name}.corp.example`, address });

export const workstations: readonly Workstation[] = people.map((user, index) => ({
  ...windows(`WKS-${String(index + 1).padStart(3, '0')}`, `10.20.4.${11 + index}`),
  user,
}));

export const office = {
  domain: 'CORP',
  domainControllers: [windows('DC01', '10.20.1.10'), windows('DC02', '10.20.1.11')],
  fileServer: windows('FILES01', '10.20.1.20'),
  sqlServer: windows('SQL01', '10.20.1.21'),
  printServer: windows('PRINT01', '10.20.1.22'),
  administrator: 'adm.keller',
  webServer: { name: 'web01', address: '10.20.2.10' },
  linuxServers: [
    { name: 'web01', address: '10.20.2.10' },
    { name: 'web02', address: '10.20.2.11' },
    { name: 'db01', address: '10.20.2.20' },
    { name: 'build01', address: '10.20.2.30' },
    { name: 'log01', address: '10.20.2.40' },
    { name: 'mail01', address: '10.20.2.50' },
  ],
  linuxAdministrators: ['j.ortiz', 'n.haas'],
  /** Where the office's own traffic leaves. */
  publicAddress: '192.0.2.10',
  cloudAccount: '210987654321',
  cloudUsers: ['build-bot', 'deploy-bot', 'j.ortiz', 'n.haas', 'backup-svc'],
  sites: [
    ['www.example.org', '198.51.100.10'],
    ['mail.example.net', '198.51.100.25'],
    ['cdn.example.com', '198.51.100.40'],
    ['packages.example.org', '198.51.100.41'],
    ['maps.example.com', '198.51.100.52'],
    ['news.example.net', '198.51.100.63'],
  ],
} as const;

export const windowsServers: readonly Machine[] = [
  ...office.domainControllers,
  office.fileServer,
  office.sqlServer,
  office.printServer,
];
