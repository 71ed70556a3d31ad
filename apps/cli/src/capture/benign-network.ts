import { office, workstations } from './office.ts';
import {
  auditRecord,
  cloudTrailEvent,
  execveArguments,
  execveCall,
  webRequest,
  zeekEvent,
} from './other-events.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;
type Maker = (random: Random, time: number) => Fields;

const browser =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

const commands: readonly (readonly string[])[] = [
  ['ls', '-l', '/srv'],
  ['systemctl', 'status', 'nginx'],
  ['journalctl', '-u', 'postgresql', '--since', '-1h'],
  ['apt-get', '-s', 'upgrade'],
  ['df', '-h'],
  ['curl', '-s', 'https://packages.example.org/InRelease'],
  ['pg_dump', '--format=custom', 'shop'],
  ['logrotate', '/etc/logrotate.conf'],
];

const audit: Maker = (random, time) => {
  const machine = random.pick(office.linuxServers);
  const serial = random.int(1000, 900_000);
  const command = random.pick(commands);
  const [program = 'ls'] = command;
  return random.weighted<() => Fields>([
    [
      4,
      () =>
        execveCall(machine, time, serial, {
          exe: `/usr/bin/${program}`,
          uid: '0',
          pid: random.int(2000, 30_000),
          ppid: random.int(400, 2000),
          auid: '1000',
        }),
    ],
    [3, () => execveArguments(machine, time, serial, command)],
    [
      2,
      () =>
        auditRecord(machine, time, serial, 'PATH', {
          item: '0',
          name: `/usr/bin/${program}`,
          inode: String(random.int(10_000, 900_000)),
          nametype: 'NORMAL',
          mode: '0100755',
          ouid: '0',
          ogid: '0',
        }),
    ],
    [
      1,
      () =>
        auditRecord(machine, time, serial, 'USER_LOGIN', {
          pid: String(random.int(2000, 30_000)),
          uid: '0',
          auid: '1000',
          op: 'login',
          acct: random.pick(office.linuxAdministrators),
          exe: '/usr/sbin/sshd',
          hostname: random.pick(workstations).address,
          addr: random.pick(workstations).address,
          terminal: 'ssh',
          res: 'success',
        }),
    ],
  ])();
};

const connection: Maker = (random, time) => {
  const [, address] = random.pick(office.sites);
  const inside = random.next() < 0.3;
  return zeekEvent(
    random,
    time,
    'conn',
    {
      from: random.pick(workstations).address,
      to: inside ? office.fileServer.address : address,
      port: inside ? 445 : 443,
    },
    {
      proto: 'tcp',
      service: inside ? 'smb' : 'ssl',
      duration: random.int(1, 9000) / 1000,
      orig_bytes: random.int(200, 20_000),
      resp_bytes: random.int(400, 900_000),
      conn_state: 'SF',
      local_orig: true,
      local_resp: inside,
      history: 'ShADadfF',
    },
  );
};

const nameQuery: Maker = (random, time) => {
  const [name, address] = random.pick(office.sites);
  return zeekEvent(
    random,
    time,
    'dns',
    { from: random.pick(workstations).address, to: random.pick(office.domainControllers).address, port: 53 },
    {
      proto: 'udp',
      query: name,
      qclass: 1,
      qclass_name: 'C_INTERNET',
      qtype: 1,
      qtype_name: 'A',
      rcode: 0,
      rcode_name: 'NOERROR',
      answers: [address],
    },
  );
};

const tls: Maker = (random, time) => {
  const [name, address] = random.pick(office.sites);
  return zeekEvent(
    random,
    time,
    'ssl',
    { from: random.pick(workstations).address, to: address, port: 443 },
    {
      version: 'TLSv13',
      cipher: 'TLS_AES_128_GCM_SHA256',
      server_name: name,
      resumed: false,
      established: true,
      validation_status: 'ok',
    },
  );
};

const fetchPackage: Maker = (random, time) => {
  const [name, address] = random.pick(office.sites);
  return zeekEvent(
    random,
    time,
    'http',
    { from: random.pick(office.linuxServers).address, to: address, port: 80 },
    {
      method: 'GET',
      host: name,
      uri: `/debian/pool/main/c/curl/curl_${random.int(7, 8)}.deb`,
      version: '1.1',
      user_agent: 'Debian APT-HTTP/1.3 (2.6.1)',
      status_code: 200,
      resp_mime_types: ['application/x-debian-package'],
    },
  );
};

const shop: Maker = (random, time) =>
  webRequest(random.pick([office.webServer, { name: 'web02', address: '10.20.2.11' }]), time, {
    from: `198.51.100.${random.int(100, 220)}`,
    method: random.next() < 0.1 ? 'POST' : 'GET',
    uri: random.pick([
      '/',
      `/products?id=${random.int(1, 400)}&sort=price`,
      '/cart',
      '/static/app.css',
      `/uploads/avatar-${random.int(1, 90)}.png?size=64`,
      '/search?q=select+a+size',
    ]),
    status: random.weighted([
      [95, 200],
      [3, 304],
      [2, 404],
    ]),
    agent: random.pick([browser, phone]),
    bytes: random.int(300, 90_000),
  });

const cloud: Maker = (random, time) => {
  const [service, name] = random.pick([
    ['ec2', 'DescribeInstances'],
    ['s3', 'ListBuckets'],
    ['iam', 'ListAccessKeys'],
    ['sts', 'GetCallerIdentity'],
    ['cloudtrail', 'DescribeTrails'],
    ['logs', 'DescribeLogGroups'],
  ] as const);
  return cloudTrailEvent(random, time, {
    name,
    service,
    user: random.pick(office.cloudUsers),
    from: office.publicAddress,
    readOnly: true,
  });
};

/** What Linux servers, the network sensor, the web servers and the cloud account log on a normal day. */
export const benignNetwork: readonly (readonly [number, Maker])[] = [
  [10, audit],
  [9, connection],
  [6, nameQuery],
  [4, tls],
  [2, fetchPackage],
  [7, shop],
  [3, cloud],
];
