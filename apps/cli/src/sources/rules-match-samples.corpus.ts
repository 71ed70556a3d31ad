import { Buffer } from 'node:buffer';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createDetector } from '@parapet/detection';
import { createDecoder } from '@parapet/event-model';
import { compileRules, parseRules, type RuleSet } from '@parapet/sigma';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectPaths } from '../project-paths.ts';

/**
 * SigmaHQ's rules find, under the names they use, the fields of the sample events of the source profiles. The rules are read
 * where the corpus is (PARAPET_CORPUS, default ../shared/corpus from the root).
 */
const corpus = path.resolve(projectPaths.root, process.env['PARAPET_CORPUS'] || '../shared/corpus');
const hasCorpus = existsSync(path.join(corpus, 'INDEX.md'));
const samples = path.join(projectPaths.root, 'packages/event-model/src/profiles/samples');
if (!hasCorpus) console.warn(`Skipped: there is no corpus at ${corpus}; set PARAPET_CORPUS to its folder.`);

describe.skipIf(!hasCorpus)('rules of SigmaHQ', () => {
  let set: RuleSet;
  beforeAll(() => {
    const parsed = globSync('sigma/rules*/**/*.yml', { cwd: corpus }).map((file) =>
      parseRules(readFileSync(path.join(corpus, file), 'utf8'), { path: file }),
    );
    set = compileRules(parsed.flatMap(({ rules }) => rules));
  });

  it('match the samples that do what they look for, and no others', { timeout: 60_000 }, () => {
    const titles = new Map(set.rules.map(({ id, title }) => [id, title]));
    const detector = createDetector(set);
    const decoder = createDecoder({ fields: (logSources) => set.forLogSources(logSources).fields });
    const found = Object.fromEntries(
      globSync('*/*.json', { cwd: samples })
        .sort()
        .map((file): [string, readonly string[]] => {
          const { event } = JSON.parse(readFileSync(path.join(samples, file), 'utf8')) as { event: object };
          const value = Buffer.from(JSON.stringify(event));
          const record = { topicId: '', partition: 0, offset: 0, timestamp: 0, value, headers: {} };
          const batch = decoder.decode([record]).batches[0]!;
          const ids = detector.detect(batch).ruleIdsByRow(0);
          return [file.replace('.json', ''), ids.map((id) => titles.get(id) ?? id).sort()];
        })
        .filter(([, rules]) => rules.length > 0),
    );
    expect(found).toEqual(expected);
  });
});

/** Sample -> titles of the rules that match it. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'aws-cloudtrail/api-call': ['AWS STS AssumeRole Misuse'],
  'aws-cloudtrail/console-login': ['AWS Successful Console Login Without MFA'],
  'aws-cloudtrail/elastic': ['AWS CloudTrail Important Change'],
  'azure/account-locked': ['Account Lockout'],
  'azure/activity': [
    'Azure Network Security Configuration Modified or Deleted',
    'Rare Subscription-level Operations In Azure',
  ],
  'azure/risk': ['Impossible Travel'],
  'bitbucket-audit/permission-granted': ['Bitbucket Global Permission Changed'],
  'cisco-duo/authentication-bypass': ['Cisco Duo Successful MFA Authentication Via Bypass Code'],
  'ecs/malware': ['Antivirus - Relevant File Paths Alerts Signature'],
  'ecs/registry-windows': [
    'CurrentVersion Autorun Keys Modification',
    'New RUN Key Pointing to Suspicious Folder',
  ],
  'gcp-audit/insert': ['Google Cloud Firewall Modified or Deleted'],
  'gcp-audit/workspace-admin': ['Google Workspace User Granted Admin Privileges'],
  'github-audit/add-member': ['New Github Organization Member Added'],
  'github-audit/repo-destroy': ['Github Delete Action Invoked'],
  'kubernetes-audit/forbidden-elastic': [
    'Kubernetes Secrets Enumeration',
    'Kubernetes Unauthorized or Unauthenticated Access',
  ],
  'kubernetes-audit/pod-create': [
    'Container With A hostPath Mount Created',
    'Creation Of Pod In System Namespace',
    'Privileged Container Deployed',
  ],
  'linux-auditd/process-auditbeat': ['Curl Usage on Linux', 'Suspicious Activity in Shell Commands'],
  'linux-auditd/process-laurel': ['Local System Accounts Discovery - Linux'],
  'linux-auditd/syscall-record': ['Webshell Remote Command Execution'],
  'linux-syslog/clamav-rsyslog': ['Relevant ClamAV Message'],
  'linux-syslog/sshd-error-vector': ['Suspicious OpenSSH Daemon Error'],
  'linux-syslog/sudo-journald': ['Sudo Privilege Escalation CVE-2019-14287 - Builtin'],
  'linux-sysmon/process-creation-xml': ['Curl Usage on Linux'],
  'm365/federated-domain': ['New Federated Domain Added', 'New Federated Domain Added - Exchange'],
  'ocsf/cloudtrail': ['AWS CloudTrail Important Change'],
  'ocsf/process-launch': ['Enumerate All Information With Whoami.EXE', 'Local Accounts Discovery'],
  'okta/policy-elastic': ['Okta Policy Rule Modified or Deleted'],
  'okta/privilege-grant': ['Okta Admin Role Assigned to an User or Group'],
  'okta/session-start': ['Okta User Session Start Via An Anonymising Proxy Service'],
  'onelogin/account-locked': ['OneLogin User Account Locked'],
  'opencanary/ssh-login': ['OpenCanary - SSH Login Attempt'],
  'suricata/http': ['APT User Agent'],
  'suricata/http-download': ['Exploit Framework User Agent'],
  'web-access/ecs': ['Suspicious User-Agents Related To Recon Tools'],
  'web-access/nginx-uri': ['SQL Injection Strings In URI'],
  'web-access/proxy-ecs': ['Exploit Framework User Agent'],
  'windows-powershell/script-block-flat': ['Suspicious Process Discovery With Get-Process'],
  'windows-security/failed-logon-winlogbeat': ['Failed Logon From Public IP'],
  'windows-security/process-creation-xml': ['Net.EXE Execution'],
  'windows-sysmon/process-access-flat': [
    'LSASS Access From Program In Potentially Suspicious Folder',
    'Uncommon GrantedAccess Flags On LSASS',
  ],
  'windows-sysmon/process-creation-wazuh': [
    'Enumerate All Information With Whoami.EXE',
    'Local Accounts Discovery',
  ],
  'windows-sysmon/registry-set-xml': [
    'CurrentVersion Autorun Keys Modification',
    'New RUN Key Pointing to Suspicious Folder',
  ],
  'windows/defender-xml': [
    'Antivirus - Relevant File Paths Alerts Signature',
    'Windows Defender Threat Detected',
  ],
  'windows/firewall-rule-winlogbeat': [
    'New Firewall Rule Added In Windows Firewall Exception List For Potential Suspicious Application',
  ],
  'windows/log-cleared-xml-user-data': ['Important Windows Eventlog Cleared'],
  'windows/rpc-firewall-flat': ['Remote Schedule Task Lateral Movement via ATSvc'],
  'windows/service-installed-flat': ['Service Installation with Suspicious Folder Pattern'],
  'zeek/dns-without-path': ['Suspicious DNS Z Flag Bit Set'],
};
