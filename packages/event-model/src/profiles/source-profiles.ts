import type { SourceProfile } from '../source-profile.ts';
import { awsCloudtrail } from './aws-cloudtrail.ts';
import { generic } from './generic.ts';
import { linuxAuditd } from './linux-auditd.ts';
import { linuxSysmon } from './linux-sysmon.ts';
import { webAccess } from './web-access.ts';
import { windows } from './windows.ts';
import { windowsPowershell } from './windows-powershell.ts';
import { windowsSecurity } from './windows-security.ts';
import { windowsSysmon } from './windows-sysmon.ts';
import { zeek } from './zeek.ts';

/** The profiles that come with Parapet, in the order in which they are tried; the last one takes everything. */
export const sourceProfiles: readonly SourceProfile[] = [
  windowsSysmon,
  windowsSecurity,
  windowsPowershell,
  linuxSysmon,
  windows,
  zeek,
  awsCloudtrail,
  linuxAuditd,
  webAccess,
  generic,
];
