import type { SourceProfile } from '../source-profile.ts';
import { generic } from './generic.ts';
import { windows } from './windows.ts';
import { windowsPowershell } from './windows-powershell.ts';
import { windowsSecurity } from './windows-security.ts';
import { windowsSysmon } from './windows-sysmon.ts';

/** The profiles that come with Parapet, in the order in which they are tried; the last one takes everything. */
export const sourceProfiles: readonly SourceProfile[] = [
  windowsSysmon,
  windowsSecurity,
  windowsPowershell,
  windows,
  generic,
];
