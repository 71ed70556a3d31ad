import type { SourceProfile } from '../source-profile.ts';
import { awsCloudtrail } from './aws-cloudtrail.ts';
import { azure } from './azure.ts';
import { bitbucketAudit } from './bitbucket-audit.ts';
import { ciscoDuo } from './cisco-duo.ts';
import { ecs } from './ecs.ts';
import { gcpAudit } from './gcp-audit.ts';
import { generic } from './generic.ts';
import { githubAudit } from './github-audit.ts';
import { googleWorkspace } from './google-workspace.ts';
import { kubernetesAudit } from './kubernetes-audit.ts';
import { linuxAuditd } from './linux-auditd.ts';
import { linuxSyslog } from './linux-syslog.ts';
import { linuxSysmon } from './linux-sysmon.ts';
import { m365 } from './m365.ts';
import { ocsf } from './ocsf.ts';
import { okta } from './okta.ts';
import { oneLogin } from './onelogin.ts';
import { openCanary } from './opencanary.ts';
import { suricata } from './suricata.ts';
import { webAccess } from './web-access.ts';
import { windows } from './windows.ts';
import { windowsPowershell } from './windows-powershell.ts';
import { windowsSecurity } from './windows-security.ts';
import { windowsSysmon } from './windows-sysmon.ts';
import { zeek } from './zeek.ts';

/**
 * The profiles that come with Parapet, in the order in which they are tried: the particular before the general (web access
 * logs and the modules of Elastic before any ECS event), and the last one takes everything.
 */
export const sourceProfiles: readonly SourceProfile[] = [
  windowsSysmon,
  windowsSecurity,
  windowsPowershell,
  linuxSysmon,
  windows,
  zeek,
  ocsf,
  suricata,
  awsCloudtrail,
  linuxAuditd,
  kubernetesAudit,
  okta,
  githubAudit,
  gcpAudit,
  azure,
  m365,
  googleWorkspace,
  bitbucketAudit,
  oneLogin,
  ciscoDuo,
  openCanary,
  linuxSyslog,
  webAccess,
  ecs,
  generic,
];
